"""Whatever is wrong is refused with its line and the reason."""

from pathlib import Path

import pytest

from waystation.control.apply.document import ConfigError
from waystation.control.apply.load import load, parse

CHANNEL = """[[channels]]
name = "c"
vendor = "openai"
keys = ["sk-1"]
"""
TOKEN = """[[tokens]]
account = "a@b"
name = "t"
"""
PRICE = '[[prices]]\nmodel = "m"\n'
ACCOUNT = '[[accounts]]\nemail = "a@b"\n'
GROUP = '[[groups]]\nname = "g"\n'

REFUSALS = [
    # (text, line, words)
    ("a = \n", 1, "not TOML"),
    ('a = "b', 1, "not TOML"),
    ("x = [1,\n2", 2, "not TOML"),
    ("\n\ngroup = 1\n", 3, "no field 'group'; did you mean 'groups'?"),
    ("groups = 1", 1, "list of tables"),
    ("groups = [1]", 1, "must be a table"),
    # groups
    ("[[groups]]\nrate = '1'\n", 1, "needs its name"),
    ('[[groups]]\nname = ""\n', 2, "must not be empty"),
    ('[[groups]]\nname = "auto"\n', 2, "'auto'"),
    ('[[groups]]\nname = "a,b"\n', 2, "commas"),
    ('[[groups]]\nname = " a"\n', 2, "blanks"),
    (f'[[groups]]\nname = "{"x" * 65}"\n', 2, "longer than 64"),
    (GROUP + 'rate = "1e3"\n', 3, "rate is refused"),
    (GROUP + 'rate = "-1"\n', 3, "never negative"),
    (GROUP + "rate = true\n", 3, "decimal number"),
    (GROUP + "rate = nan\n", 3, "finite"),
    (GROUP + "visible = 1\n", 3, "true or false"),
    (GROUP + "visble = true\n", 3, "did you mean 'visible'?"),
    (GROUP + "label = 5\n", 3, "must be text"),
    (GROUP + 'tags = "x"\n', 3, "list of texts"),
    (GROUP + 'tags = ["x",\n  "x"]\n', 4, "is there twice"),
    (GROUP + "limits = { rpm = -1 }\n", 3, "whole number"),
    (GROUP + "limits = { rpm = 1.5 }\n", 3, "whole number"),
    (GROUP + "limits = { rpn = 1 }\n", 3, "did you mean 'rpm'?"),
    (GROUP + "limits = 5\n", 3, "must be a table"),
    (GROUP + 'channels = [\n  { name = "a" },\n  { name = "a" },\n]\n', 5, "twice"),
    (GROUP + 'channels = [{ name = "a", wieght = 1 }]\n', 3, "did you mean 'weight'?"),
    (GROUP + "\n" + GROUP, 4, "first in line 1"),
    # channels
    ('[[channels]]\nname = "c"\n', 1, "needs its vendor"),
    ('[[channels]]\nname = "c"\nvendor = "opnai"\n', 3, "did you mean 'openai'?"),
    ('[[channels]]\nname = "c"\nvendor = "zzz"\n', 3, "known: openai"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\n', 1, "needs one"),
    ('[[channels]]\nname = "c"\nvendor = "demo"\nkeys = ["k"]\n', 4, "takes none"),
    ('[[channels]]\nname = "c"\nvendor = "openai-compatible"\nkeys = ["k"]\n', 1, "base_url"),
    (CHANNEL + 'base_url = "ftp://x"\n', 5, "http://"),
    (CHANNEL + 'base_url = "https://"\n', 5, "no host"),
    (CHANNEL + 'base_url = "https://h:99999"\n', 5, "out of range"),
    (CHANNEL + 'base_url = "https://u:p@h"\n', 5, "login"),
    (CHANNEL + 'base_url = "https://h/?x=1"\n', 5, "query"),
    (CHANNEL + 'base_url = "http://127.0.0.1:9000"\n', 5, "allow_private = true"),
    (CHANNEL + 'base_url = "http://localhost."\n', 5, "private address"),
    (CHANNEL + 'base_url = "http://[::1]:1"\n', 5, "private address"),
    (CHANNEL + 'base_url = "http://169.254.169.254"\n', 5, "private address"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\nkeys = ["env:NOPE"]\n', 4, "no NOPE"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\nkeys = ["a b"]\n', 4, "blanks"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\nkeys = ["a", "a"]\n', 4, "twice"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\nkeys = "a"\n', 4, "list"),
    ('[[channels]]\nname = "c"\nvendor = "openai"\nkeys = [1]\n', 4, "must be text"),
    (CHANNEL + 'models = ["a*b"]\n', 5, "not at its end"),
    (CHANNEL + 'models = [\n  "a",\n  "",\n]\n', 7, "not empty"),
    (CHANNEL + f'models = ["{"m" * 300}"]\n', 5, "longer than 256"),
    (CHANNEL + 'model_map = { a = "b*" }\n', 5, "without *"),
    (CHANNEL + "model_map = { a = 1 }\n", 5, "upstream's model"),
    (CHANNEL + "weight = -1\n", 5, "whole number"),
    (CHANNEL + 'priority = "0"\n', 5, "whole number"),
    (CHANNEL + 'cost = { "a*b" = "1" }\n', 5, "not at its end"),
    (CHANNEL + 'cost = "cheap"\n', 5, "cost is refused"),
    (CHANNEL + "limits = { tpm = 1 }\n", 5, "no field 'tpm'"),
    (CHANNEL + "deadlines = { idle = 0 }\n", 5, "seconds above 0"),
    (CHANNEL + "deadlines = { ilde = 1 }\n", 5, "did you mean 'idle'?"),
    (CHANNEL + 'header_overrides = { "Host" = "x" }\n', 5, "transport"),
    (CHANNEL + 'header_overrides = { "a b" = "x" }\n', 5, "header's name"),
    (CHANNEL + 'header_overrides = { "x" = "a\\nb" }\n', 5, "cannot carry"),
    (CHANNEL + "[channels.header_overrides]\nx = 1\n", 6, "must be text"),
    (CHANNEL + 'body_overrides = { model = "x" }\n', 5, "what is billed"),
    (CHANNEL + "body_overrides = { a = 2020-01-01 }\n", 5, "no dates"),
    (CHANNEL + "body_overrides = { a = inf }\n", 5, "no such number"),
    (CHANNEL + 'proxy = "gopher://x"\n', 5, "proxy must begin"),
    (CHANNEL + 'on_disconnect = "wait"\n', 5, "'abort' or 'drain'"),
    (CHANNEL + 'enabeld = true\n', 5, "did you mean 'enabled'?"),
    (CHANNEL + CHANNEL, 5, "first in line 1"),
    # prices
    ('[[prices]]\ninput = "1"\n', 1, "needs its model"),
    (PRICE, 2, "is empty"),
    (PRICE + 'output = "1"\n', 2, "no input price"),
    (PRICE + 'input = "cheap"\n', 2, "not a decimal"),
    (PRICE + 'input = "-1"\n', 2, "never negative"),
    (PRICE + 'inptu = "1"\n', 3, "did you mean 'input'?"),
    (PRICE + 'input = "1"\neffective = "soon"\n', 4, "effective"),
    (PRICE + 'input = "1"\neffective = 2026-01-01T00:00:00\n', 4, "zone"),
    (PRICE + 'input = "1"\neffective = 5\n', 4, "must be a time"),
    (PRICE + 'input = "1"\ntiers = [{ input = "2" }]\n', 4, "above_tokens"),
    (PRICE + 'input = "1"\ntiers = [{ above_tokens = 5, inptu = "2" }]\n', 4, "did you mean"),
    (PRICE + 'input = "1"\ntools = { web_search = "x" }\n', 2, "not a decimal"),
    ('[[prices]]\nmodel = "a*b"\ninput = "1"\n', 2, "not at its end"),
    (PRICE + 'input = "1"\n' + PRICE + 'input = "2"\n', 4, "first in line 1"),
    # accounts
    ("[[accounts]]\n", 1, "needs its email"),
    ('[[accounts]]\nemail = "ada"\n', 2, "not an address"),
    (ACCOUNT + 'role = "admin"\n', 3, "'user' or 'operator'"),
    (ACCOUNT + 'password = "short"\n', 3, "from 8"),
    (ACCOUNT + 'password = "env:MISSING"\n', 3, "no MISSING"),
    (ACCOUNT + 'credit = "-1"\n', 3, "from 0 up"),
    (ACCOUNT + 'credit = "0.00000000001"\n', 3, "decimal places"),
    (ACCOUNT + "group = 5\n", 3, "one group"),
    (ACCOUNT + "budget = { year = 1 }\n", 3, "no field 'year'"),
    (ACCOUNT + 'budget = { day = "x" }\n', 3, "day is refused"),
    (ACCOUNT + '[[accounts]]\nemail = "A@B"\n', 3, "first in line 1"),
    # tokens
    ('[[tokens]]\nname = "t"\n', 1, "needs its account"),
    ('[[tokens]]\naccount = "a@b"\n', 1, "needs its name"),
    (f'[[tokens]]\naccount = "a@b"\nname = "{"x" * 31}"\n', 3, "longer than 30"),
    (TOKEN + 'key = "short"\n', 4, "at least 20"),
    (TOKEN + f'key = "sk-ws{"0" * 46}"\n', 4, "checksum is wrong"),
    (TOKEN + 'key = "has a blank in the middle"\n', 4, "visible ASCII"),
    (TOKEN + 'allow_ips = ["10.0.0.0/33"]\n', 4, "neither an address nor a network"),
    (TOKEN + 'expires = "tomorrow"\n', 4, "expires is refused"),
    (TOKEN + 'models = ["*x"]\n', 4, "not at its end"),
    (TOKEN + TOKEN, 4, "first in line 1"),
    (TOKEN + f'key = "{"k" * 20}"\n' + TOKEN.replace('"t"', '"u"') + f'key = "{"k" * 20}"\n',
     5, "this key is there twice"),
    # rates, the operator's list
    ('[[group_rates]]\naccount_group = "v"\ngroup = "g"\n', 1, "rate is missing"),
    ('auto_groups = "g"\n', 1, "list of texts"),
    ("\nauto_groups = [1]\n", 2, "not text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), REFUSALS)
def test_refused_with_line_and_reason(text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text.encode(), Path("relay.toml"), {})
    assert words in refused.value.reason
    assert refused.value.line == line


def test_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("\n\nx = 1\n")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}, line 3: ")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.toml")


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(ConfigError, match="UTF-8") as refused:
        parse(b"a = 1\nb = '\xff'\n", Path("x"), {})
    assert refused.value.line == 2


def test_nesting_without_end() -> None:
    with pytest.raises(ConfigError, match="nested"):
        parse(b"a = " + b"[" * 100_000, Path("x"), {})


def test_secrets_are_in_no_refusal() -> None:
    secret = "sk-very secret"
    for text in (
        f'[[channels]]\nname = "c"\nvendor = "openai"\nkeys = ["{secret}"]\n',
        TOKEN + f'key = "{secret} padding padding"\n',
        ACCOUNT + 'password = "hunter2"\n',
        CHANNEL + f'proxy = "ftp://u:{secret}@h"\n',
    ):
        with pytest.raises(ConfigError) as refused:
            parse(text.encode(), Path("x"), {})
        assert "secret" not in str(refused.value)
        assert "hunter2" not in str(refused.value)


def test_a_byte_order_mark_and_windows_lines() -> None:
    text = '\ufeff[[groups]]\r\nname = "g"\r\nrate = "x"\r\n'
    with pytest.raises(ConfigError) as refused:
        parse(text.encode(), Path("x"), {})
    assert refused.value.line == 3
