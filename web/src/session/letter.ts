/** The token of a letter's link stands behind the #, where no server and no log sees it. */
export function letterToken(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}
