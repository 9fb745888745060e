"""Samples: against golden texts, and run against the demo channel where the runtime is here."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs_site.conftest import KEY
from waystation.control.docs_site.frame import STATIC
from waystation.control.docs_site.sample_requests import KEY as PLACEHOLDER
from waystation.control.docs_site.sample_requests import sample_request
from waystation.control.docs_site.samples import LANGUAGES, Part, SampleRequest
from waystation.control.docs_site.specification import Specification, specification
from waystation.control.docs_site.tree import PAGES
from waystation.settings import Settings

GOLDEN = Path(__file__).parent / "golden"
REQUESTS = {
    "json": ("createChatCompletion", "plain"),
    "stream": ("createChatCompletion", "streamed"),
    "form": ("createTranscription", ""),
    "bytes": ("createSpeech", ""),
    "get": ("midjourneyFetch", ""),
}
SHOWN = REQUESTS | {
    "delete": ("deleteOwnArtefact", ""),
    "post without a body": ("cancelTask", ""),
    "header": ("createMessage", ""),
    "query, and a file without a key": ("getFile", ""),
    "task": ("midjourneyImagine", ""),
}
"""What the golden texts have of each."""
VARIANTS = [(one, each) for one in LANGUAGES for each in one.variants]
IDS = [f"{one.name}-{each.name}" for one, each in VARIANTS]


def test_fifteen_languages_with_their_libraries() -> None:
    assert [one.title for one in LANGUAGES] == [
        "Shell", "JavaScript", "Java", "Swift", "Go", "PHP", "Python", "HTTP", "C", "C#",
        "Objective-C", "Ruby", "OCaml", "Dart", "R",
    ]  # fmt: skip
    assert len(VARIANTS) == 30


@pytest.mark.parametrize(("language", "variant"), VARIANTS, ids=IDS)
def test_golden(
    language: object, variant: object, book: Specification, request: pytest.FixtureRequest
) -> None:
    """GOLDEN=write in the environment makes them anew, to be read before they go in."""
    made = []
    for name, (operation, example) in SHOWN.items():
        text = variant.write(sample_request(book, operation, example))  # type: ignore[attr-defined]
        made.append(f"==== {name}\n{text or '(not by this library)' + chr(10)}")
    golden = GOLDEN / f"{request.node.callspec.id}.txt"
    told = "".join(made)
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(told)
    assert golden.read_text() == told


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.name)
def test_each_request_can_be_said_in_each_language(language: object, book: Specification) -> None:
    for page in PAGES.values():
        if page.kind == "endpoint":
            request = sample_request(book, page.operation, page.example)
            texts = [each.write(request) for each in language.variants]  # type: ignore[attr-defined]
            assert any(texts), page.slug


def test_hard_texts_survive_quoting() -> None:
    """Read back by the languages' own readers that are here: the shell's and Python's."""
    hard = 'it\'s "so" \\ $HOME `x` %d\nnew 行 #{1} ${2}'
    request = SampleRequest(method="POST", url="http://127.0.0.1/x?a=1", json={"text": hard})
    shell = LANGUAGES[0].variants[0].write(request)
    assert shell is not None
    seen = subprocess.run(
        ["sh", "-c", f"curl() {{ for one in \"$@\"; do printf '%s\\0' \"$one\"; done; }}\n{shell}"],
        capture_output=True, check=True, timeout=20,
    ).stdout.split(b"\0")  # fmt: skip
    assert json.loads(seen[seen.index(b"-d") + 1]) == {"text": hard}
    python = LANGUAGES[6].variants[0].write(request)
    assert python is not None
    told: dict[str, object] = {}

    class Client:
        def request(self, *_: object, **more: object) -> "Client":
            told.update(more)
            return self

        text = ""

    code = python.replace("import requests", "")
    exec(code, {"requests": Client(), "print": lambda *_: None})
    assert told["json"] == {"text": hard}
    form = SampleRequest(method="POST", url="http://127.0.0.1/x", form=(Part("a", text=hard),))
    assert LANGUAGES[0].variants[0].write(form)


# ---- run ----------------------------------------------------------------------------------------

RUN_SECONDS_MAX = 500
"""Go builds its library first, on a machine that may be busy."""
_OCAML = "ocamlfind ocamlc -thread -w @1..3@5..28@30..39 -package cohttp-lwt-unix -linkpkg"
"""What is only a warning to the compiler itself is an error in projects that dune builds."""
GUZZLE = Path("/usr/share/php/GuzzleHttp/autoload.php")
"""As Debian has it; Composer's name for such a file is in the samples."""
_GO = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine")


def _need_library(language: str) -> None:
    """What its compiler or interpreter says of it."""
    probe = _LIBRARIES.get(language)
    if probe and subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode:
        pytest.skip(f"the library of the {language} sample is not on this machine")


_LIBRARIES = {
    "c": ["sh", "-c", "echo '#include <curl/curl.h>' | gcc -E -o /dev/null -"],
    "ocaml": ["ocamlfind", "query", "cohttp-lwt-unix"],
    "r": ["Rscript", "-e", "library(httr)"],
}


OLD = b"an earlier answer " * 20_000
"""Longer than each that comes: what a program saves must take its place, not its beginning's."""


def run(language: str, variant: str, text: str, folder: Path, saves: str = "") -> str:
    """What the program printed; it must end well."""
    for name in ("picture.png", "mask.png", "speech.mp3"):
        shutil.copy(STATIC / name, folder / name)
    if saves:
        (folder / saves).write_bytes(OLD)
    if variant == "guzzle":
        (folder / "vendor").mkdir(exist_ok=True)
        (folder / "vendor" / "autoload.php").write_text(f"<?php require '{GUZZLE}';\n")
    files = {"javascript": "main.mjs", "java": "Main.java", "go": "main.go", "php": "main.php",
             "python": "main.py", "c": "main.c", "ruby": "main.rb",
             "ocaml": "main.ml", "r": "main.R"}  # fmt: skip
    file = folder / files.get(language, "main.sh")
    file.write_text(text)
    commands = {
        "shell": ["sh", str(file)],
        "javascript": ["node", str(file)],
        "java": ["java", str(file)],
        "go": ["go", "run", str(file)],
        "php": ["php", str(file)],
        "python": [sys.executable, str(file)],
        "c": ["sh", "-c", f"gcc -Wall -Werror -o {folder}/main {file} -lcurl && {folder}/main"],
        "ruby": ["ruby", str(file)],
        "ocaml": ["sh", "-c", f"{_OCAML} -o {folder}/main {file} && {folder}/main"],
        "r": ["Rscript", str(file)],
    }
    programs = {"c": ("gcc",), "ocaml": ("ocamlfind",), "shell": (variant,), "python": ()}
    _need(*programs.get(language, (commands[language][0],)))
    _need_library(language)
    done = subprocess.run(
        commands[language],
        cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False,
        env=os.environ | _GO,
    )  # fmt: skip
    assert done.returncode == 0, (done.stderr[-2000:], done.stdout[-500:])
    return done.stdout


RUN = {
    "shell": ("curl", "wget"),
    "javascript": ("fetch", "node"),
    "python": ("requests", "http-client"),
    "java": ("httpclient",),
    "go": ("net-http",),
    "php": ("curl", "guzzle") if GUZZLE.exists() else ("curl",),
    "c": ("libcurl",),
    "ruby": ("net-http",),
    "ocaml": ("cohttp",),
    "r": ("httr",),
}
QUICK = [("shell", "curl", "json"), ("shell", "curl", "form"), ("shell", "wget", "json"),
         ("javascript", "fetch", "stream"), ("javascript", "node", "bytes"),
         ("python", "http-client", "stream"), ("java", "httpclient", "json"),
         ("php", "curl", "json"), ("ruby", "net-http", "form"),
         ("c", "libcurl", "json")]  # fmt: skip


def runnable(site: str, operation: str, example: str) -> SampleRequest:
    """With a model of the demo's own kind where the example's would not do."""
    return sample_request(specification(site, Settings.model_construct()), operation, example)


def run_sample(language: str, variant: str, request: SampleRequest, folder: Path) -> str | None:
    chosen = next(one for one in LANGUAGES if one.name == language)
    text = next(each for each in chosen.variants if each.name == variant).write(request)
    if text is None:
        return None
    told = run(language, variant, text.replace(PLACEHOLDER, KEY), folder, request.saves)
    if request.saves:
        saved = (folder / request.saves).read_bytes()
        assert not saved.endswith(OLD[-9:])
        if saved[:1] == b"{":
            return saved.decode()  # a refusal is saved, too
        assert saved[:3] == b"ID3" or saved[0] == 0xFF, saved[:80]
    return told


def _check(name: str, told: str | None) -> None:
    if told is None:
        return
    if name == "bytes":
        assert not told.startswith("{")
        return
    if name == "stream":
        assert "data: [DONE]" in told
    elif name == "form":
        assert json.loads(told)["text"]
    elif name == "get":
        assert json.loads(told)["object"] == "list"
    else:
        assert json.loads(told)["choices"]


@pytest.mark.soak
@pytest.mark.parametrize(("language", "variant", "name"), QUICK)
def test_some_run(language: str, variant: str, name: str, site: str, tmp_path: Path) -> None:
    request = runnable(site, *REQUESTS[name])
    _check(name, run_sample(language, variant, request, tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(RUN_SECONDS_MAX)
@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize(
    ("language", "variant"), [(one, each) for one, several in RUN.items() for each in several]
)
def test_each_language_runs(
    language: str, variant: str, name: str, site: str, tmp_path: Path
) -> None:
    named = ("listModels", "") if name == "get" else REQUESTS[name]
    _check(name, run_sample(language, variant, runnable(site, *named), tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_every_page_s_sample_is_answered(site: str, tmp_path: Path) -> None:
    """By curl: 2xx, or a refusal that is only about the ids in the sample."""
    wrong = []
    for page in PAGES.values():
        if page.kind != "endpoint" or page.slug.startswith(("management/", "health/")):
            continue
        request = runnable(site, page.operation, page.example)
        if any("ACCESS" in value for _, value in request.headers):
            continue
        text = LANGUAGES[0].variants[0].write(request)
        assert text is not None
        text = text.rstrip("\n") + " -s -o /dev/null -w '%{http_code}' --max-time 300\n"
        text = text.replace(f"-o {request.saves} ", "") if request.saves else text
        folder = tmp_path / page.slug.replace("/", "-")
        folder.mkdir()
        status = run("shell", "curl", text.replace(PLACEHOLDER, KEY), folder)
        about_ids = {"404", "400"} if "{" in request_path(page.operation, site) else set()
        if status not in {"200", "202", "204"} | about_ids:
            wrong.append((page.slug, status))
    assert wrong == []


SHARES = 6
"""In which all pages' samples are run: a share of them in one language at a time."""
CALLED = [
    page
    for page in PAGES.values()
    if page.kind == "endpoint" and not page.slug.startswith(("management/", "health/"))
]


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("language", RUN)
def test_every_page_s_sample_runs(language: str, share: int, site: str, tmp_path: Path) -> None:
    """In each language, with the answer that curl gets: the same fields, or a refusal of ids that
    are the sample's own."""
    wrong = []
    for page in CALLED[share::SHARES]:
        request = runnable(site, page.operation, page.example)
        if any("ACCESS" in value for _, value in request.headers):
            continue
        expected = _outline(run_sample("shell", "curl", request, tmp_path), request)
        for variant in RUN[language]:
            if variant == "wget" and expected == "refused":
                continue  # it ends with a failure then, as it should
            told = run_sample(language, variant, request, tmp_path)
            if told is not None and _outline(told, request) != expected:
                wrong.append((page.slug, variant, expected, told[:300]))
    assert wrong == []


def _outline(told: str | None, request: SampleRequest) -> object:
    """Fields of an object, `stream` of events; of bytes that were saved nothing is printed."""
    assert told is not None
    if not told.strip() or (request.saves and not told.startswith("{")):
        return ""
    if "data: " in told:
        return "stream"
    try:
        whole = json.loads(told)
    except json.JSONDecodeError:
        return "text"
    if not isinstance(whole, dict):
        return type(whole).__name__
    is_error = isinstance(whole.get("error"), dict) and "status" not in whole
    is_file_error = whole.get("code") == 4 and set(whole) == {"code", "description"}
    is_suno_error = {"code", "message", "data"} == set(whole) and whole["data"] is None
    return "refused" if is_error or is_file_error or is_suno_error else sorted(whole)


def request_path(operation: str, site: str) -> str:
    return specification(site, Settings.model_construct()).operation(operation)[1]
