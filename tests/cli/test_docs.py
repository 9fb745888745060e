"""The documents say what the program does."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.text_vendors.accounts import account_file
from waystation.errors import TEXTS
from waystation.settings import Settings

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if not path.name.startswith("REPORT")
)


def guide(language: str, name: str) -> str:
    return (ROOT / "docs" / "guides" / language / f"{name}.md").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_described_once_with_its_default(language: str) -> None:
    rows = re.findall(
        r"^\| `WAYSTATION_([A-Z_]+)` \| (.*?) \| (.*?) \| ", guide(language, "settings"), re.M
    )
    names = [name.lower() for name, _, _ in rows]
    assert sorted(names) == sorted(Settings.model_fields)
    for name, _, shown in rows:
        default = Settings.model_fields[name.lower()].default
        if default in (None, (), ""):
            assert shown == "–", name
        elif isinstance(default, int | float):
            assert float(shown.split(" ")[0]) == default, name
        else:
            assert shown == f"`{default}`", name


def test_every_setting_that_a_guide_names_exists() -> None:
    ours = {f"WAYSTATION_{name.upper()}" for name in Settings.model_fields}
    ours |= {"WAYSTATION_BOOT", "WAYSTATION_WIRE_FIXTURES"}
    ours |= {f"WAYSTATION_SOAK_{name}" for name in ("SECONDS", "SEED", "CURVE")}
    for path in DOCUMENTS:
        for name in re.findall(r"WAYSTATION_[A-Z_]+", path.read_text()):
            assert name in ours, (path.name, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_is_explained_at_its_status(language: str) -> None:
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (\d+) \| (.+?) \| (.+?) \|$", guide(language, "errors"), re.M
    )
    assert {code: int(status) for code, status, _, _ in rows} == {
        code: text[0] for code, text in TEXTS.items()
    }
    assert len(rows) == len(TEXTS)


def test_both_languages_have_the_same_guides_and_headings() -> None:
    names = {
        language: {path.name for path in (ROOT / "docs" / "guides" / language).glob("*.md")}
        for language in LANGUAGES
    }
    assert names["en"] == names["zh"]
    for name in names["en"]:
        counts = {
            language: len(re.findall(r"^##? ", guide(language, name.removesuffix(".md")), re.M))
            for language in LANGUAGES
        }
        assert counts["en"] == counts["zh"], name


def blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(ROOT)), block)
        for path in DOCUMENTS
        for block in re.findall(rf"^```{kind}\n(.*?)^```", path.read_text(), re.M | re.S)
    ]


@pytest.mark.parametrize(("where", "block"), blocks("toml"))
def test_every_relay_toml_is_accepted(
    where: str, block: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_KEY", "sk-from-the-environment")
    monkeypatch.setenv("BEDROCK_KEY", "AKIAEXAMPLE00001:secret@eu-west-1")
    monkeypatch.setenv("VERTEX_ACCOUNT", account_file("https://tokens.example"))
    assert tomllib.loads(block)
    path = tmp_path / "relay.toml"
    path.write_text(block)
    outcome = cli("apply", path, "--dry-run", "--json")
    assert outcome.status == 0, (where, outcome.err)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_the_whole_example_is_in_the_table(language: str) -> None:
    text = guide(language, "relay-toml")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)
    table = text.split("\n| table |" if language == "en" else "\n| 表 |")[1]
    for name, rows in tomllib.loads(example).items():
        if name == "auto_groups":
            continue
        assert f"| {name} |" in table
        for row in rows:
            for field in row:
                assert f"`{field}`" in table, (name, field)


def test_every_link_between_documents_leads_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    for name in re.findall(r"`((?:[a-z_0-9]+/)+[a-z_0-9]*(?:\.py)?|[a-z_]+\.py)`", text):
        if name.startswith(("docs/", "decisions/")):
            continue
        assert (ROOT / "waystation" / name).exists(), name


def test_the_readme_names_every_command() -> None:
    from waystation.cli.program import app, run

    run(["--help"])
    commands = {command.name for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    for path in ("README.md", "README.zh.md"):
        text = (ROOT / path).read_text()
        for name in commands | groups:
            assert f"`{name}" in text, (path, name)
