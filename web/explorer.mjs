// Takes Scalar's reference, one prebuilt file of its npm package (MIT), into the Python package. The
// package's dependencies are not needed for that file, so it is packed rather than installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const PACKAGE = "@scalar/api-reference@1.72.1";
const SHA512 =
  "XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow==";
const OUT = fileURLToPath(new URL("../waystation/control/docs_site/explorer", import.meta.url));

function run(command, ...options) {
  const done = spawnSync(command, options, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`);
  return done.stdout;
}

const folder = mkdtempSync(join(tmpdir(), "explorer-"));
try {
  const [{ filename }] = JSON.parse(
    run("npm", "pack", PACKAGE, "--json", "--pack-destination", folder),
  );
  const archive = join(folder, filename);
  const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (digest !== SHA512)
    throw new Error(`${PACKAGE} is not the package that was chosen: ${digest}`);
  run("tar", "-xzf", archive, "-C", folder, "package/dist/browser/standalone.js");
  const text = readFileSync(join(folder, "package/dist/browser/standalone.js"), "utf8");
  mkdirSync(OUT, { recursive: true });
  const script = Buffer.from(text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
  // Packed here, for the server would take a second for it.
  writeFileSync(
    join(OUT, "standalone.js.br"),
    brotliCompressSync(script, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  );
  writeFileSync(join(OUT, "standalone.js.gz"), gzipSync(script));
  writeFileSync(join(OUT, "standalone.js"), script);
} finally {
  rmSync(folder, { recursive: true });
}
