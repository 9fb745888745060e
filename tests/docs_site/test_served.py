"""What the gateway hands out at /docs: addresses, languages, headers, prices, search."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from email.message import Message

import pytest

from tests.docs_site.conftest import KEY
from waystation.control.docs_site.advice import advice
from waystation.control.docs_site.reader import Reader
from waystation.control.docs_site.search import entries, found
from waystation.control.docs_site.tree import PAGES, SECTIONS


def get(address: str, **headers: str) -> tuple[int, Message, str]:
    asked = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read().decode()


def test_docs_go_to_the_reader_s_language(site: str) -> None:
    for header, language in (("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB", "en"), ("fr", "en")):
        status, headers, text = get(f"{site}/docs", **{"accept-language": header})
        assert status == 200
        assert f'<html lang="{language}">' in text
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
    _, _, text = get(f"{site}/docs/midjourney/imagine", **{"accept-language": "zh"})
    assert "提交 Imagine 任务" in text


def test_every_page_in_both_languages_and_forms(site: str) -> None:
    for language in ("en", "zh"):
        for slug, page in PAGES.items():
            address = f"{site}/docs/{language}/{slug}"
            status, headers, text = get(address)
            assert status == 200, address
            assert headers["content-type"].startswith("text/html")
            assert text.count("<h1>") == 1
            status, headers, text = get(address + ".md")
            assert status == 200, address
            assert headers["content-type"] == "text/markdown; charset=utf-8"
            assert text.startswith(f"# {page.title.of(language)}\n")
            if page.kind != "manual":  # written before there was a site
                assert "relay.example" not in text, address


def test_what_is_not_there_is_a_404(site: str) -> None:
    for path in ("/docs/en/nothing", "/docs/nothing", "/docs/en/status.txt", "/docs/static/x.js",
                 "/docs/static/..%2fframe.py", "/docs/fr/status"):  # fmt: skip
        assert get(site + path)[0] == 404, path


def test_llms_txt_names_every_page(site: str) -> None:
    _, headers, text = get(f"{site}/llms.txt")
    assert headers["content-type"].startswith("text/plain")
    links = re.findall(r"^- \[.+\]\((.+)\)$", text, re.M)
    assert [link.removeprefix(f"{site}/docs/en/").removesuffix(".md") for link in links] == list(
        PAGES
    )
    assert text.count("\n## ") == len(SECTIONS)


def test_prices_are_those_of_this_site(site: str) -> None:
    text = get(f"{site}/docs/en/midjourney/imagine.md")[2]
    row = "| `mj_imagine` | `default` × 1.5 | $0.15 / a call | $0.1 / a call |"
    assert row in text
    text = get(f"{site}/docs/en/groups/prices.md")[2]
    assert "× 1.5 = **$0.000675**" in text
    assert "| `only-there` | `spare` × 1 |" in text
    text = get(f"{site}/docs/zh/chat/whole.md")[2]
    assert "输入 $0.225, 输出 $0.9" in text


def test_what_a_price_page_says_is_what_is_charged(site: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
    asked = urllib.request.Request(
        f"{site}/v1/chat/completions",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {KEY}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as reply:
        usage = json.load(reply)["usage"]
    told = (usage["prompt_tokens"] * 0.225 + usage["completion_tokens"] * 0.9) / 1e6
    assert usage["cost"] == pytest.approx(told, abs=1e-9)


def test_the_search_finds_codes_and_calls(reader: Reader) -> None:
    searched = entries(reader)
    assert len(searched) == len(PAGES) + len(advice(reader.language))
    first = found("model_not_available_in_group", searched)[0]
    assert first.path == "status#model_not_available_in_group"
    assert "404" in first.text
    assert found("imagine", searched)[0].path == "midjourney/imagine"
    assert found("/v1/embeddings", searched)
    assert found("Claude Code", searched)[0].path == "clients/claude-code"
    assert found("", searched) == []
    assert found("no-such-word-anywhere", searched) == []


def test_search_without_scripts(site: str) -> None:
    text = get(f"{site}/docs/en/search?q=insufficient_user_quota")[2]
    assert 'href="/docs/en/status#insufficient_user_quota"' in text
    text = get(f"{site}/docs/en/search?q=%3Cscript%3Ealert(1)%3C/script%3E")[2]
    assert "<script>alert" not in text


def test_static_files_are_kept_by_their_content(site: str) -> None:
    text = get(f"{site}/docs/en")[2]
    for address in re.findall(r'(?:href|src)="(/docs/static/[^"]+)"', text):
        status, headers, _ = get_bytes(site + address)
        assert status == 200
        assert "immutable" in headers["cache-control"]
        same = urllib.request.Request(site + address, headers={"if-none-match": headers["etag"]})
        with pytest.raises(urllib.error.HTTPError, match="304"):
            urllib.request.urlopen(same, timeout=20)


def get_bytes(address: str) -> tuple[int, Message, bytes]:
    with urllib.request.urlopen(address, timeout=60) as reply:
        return reply.status, reply.headers, reply.read()


def test_the_files_of_the_samples_are_what_they_say() -> None:
    from PIL import Image

    from waystation.control.docs_site.frame import STATIC

    with Image.open(STATIC / "picture.png") as picture, Image.open(STATIC / "mask.png") as mask:
        assert picture.size == mask.size
        assert mask.mode == "RGBA"
    assert (STATIC / "speech.mp3").stat().st_size < 40_000


@pytest.mark.parametrize("name", ["docs.js", "imports.js", "search.js"])
def test_a_script_is_a_script(name: str) -> None:
    from waystation.control.docs_site.frame import STATIC

    done = subprocess.run(
        ["node", "--check", str(STATIC / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = (STATIC / name).read_text() + (STATIC / "docs.css").read_text()
    assert not re.search(r"https?://", text.replace("(?:https?:\\/\\/", ""))
    assert "innerHTML" not in text
