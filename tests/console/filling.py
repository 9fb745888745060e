"""Something to see: what people do at a site before anybody looks at its console."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

WAIT_SECONDS_MAX = 30.0
NEWS = {"title": "Maintenance on Sunday", "body": "From **02:00** to 04:00.", "level": "warning"}


class Speaker:
    """JSON over HTTP. key: a relay key or an access token."""

    def __init__(self, site: str, key: str = "") -> None:
        self.site = site
        self.key = key

    def say(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.site + path, data, method=method)
        asked.add_header("content-type", "application/json")
        if self.key:
            asked.add_header("authorization", f"Bearer {self.key}")
        try:
            with urllib.request.urlopen(asked, timeout=30) as reply:
                return reply.status, _read(reply.read())
        except urllib.error.HTTPError as refused:
            return refused.code, _read(refused.read())

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        status, told = self.say(method, path, body)
        assert status < 300, (path, status, told)
        return told


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def signed_in(site: str, email: str, password: str) -> Speaker:
    told = Speaker(site).ok("POST", "/api/v1/session", {"email": email, "password": password})
    return Speaker(site, told["token"])


def fill(site: str, email: str, password: str, key: str, long_model: str) -> None:
    caller, boss = Speaker(site, key), signed_in(site, email, password)
    asked = {"model": "demo-chat", "messages": [{"role": "user", "content": "Hello"}]}
    caller.ok("POST", "/v1/chat/completions", asked)
    caller.ok("POST", "/v1/chat/completions", asked | {"model": long_model})
    caller.ok("POST", "/v1/chat/completions", asked | {"stream": False, "max_tokens": 5})
    assert caller.say("POST", "/v1/chat/completions", asked | {"model": "no-such"})[0] == 404
    caller.ok("POST", "/v1/images/generations", {"model": "demo-image", "prompt": "a red house"})
    caller.ok("POST", "/mj/submit/imagine", {"prompt": "a blue boat at sea"})
    caller.ok("POST", "/suno/submit/music", {"prompt": "a short tune", "mv": "chirp-v3-5"})
    boss.ok("POST", "/api/v1/redemption-codes", {"amount": "5", "count": 2, "batch": "spring"})
    boss.ok("POST", "/api/v1/invitations", {"credit": "1"})
    boss.ok("POST", "/api/v1/announcements", NEWS)
    give_up_at = time.monotonic() + WAIT_SECONDS_MAX
    while not _is_seen(boss):
        assert time.monotonic() < give_up_at, "the log or the tasks do not show it"
        time.sleep(0.1)


def _is_seen(boss: Speaker) -> bool:
    tasks = boss.ok("GET", "/api/v1/tasks")["data"]
    ended = [task for task in tasks if task["finished_at"]]
    return len(boss.ok("GET", "/api/v1/log")["data"]) >= 5 and len(ended) == len(tasks) >= 2
