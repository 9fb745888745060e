"""Upstream words made fit for callers: no keys, account names, hosts or addresses of ours."""

import re
from collections.abc import Iterable

TEXT_CHARS_MAX = 2000

_MARK = "[redacted]"
_PATTERNS = re.compile(
    r"""
      \bBearer\s+[A-Za-z0-9._~+/=\-]{6,}
    | \b(?:sk|pk|rk|gsk|xai|ak|fk|sess|r8|hf|tgp|pplx|nvapi)[-_][A-Za-z0-9*_.\-]{8,}
    | \bAIza[A-Za-z0-9_\-]{20,}
    | \bAKIA[A-Z0-9]{12,}
    | \beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-.]+
    | \b(?:org|proj|organization|team|acct|user|ws)[-_](?=[A-Za-z_\-]*\d)[A-Za-z0-9_\-]{6,}
    | \borg-[A-Za-z0-9]{6,}
    | (?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,253}\.[A-Za-z]{2,}
    | \b(?:https?|wss?|ftp|postgres(?:ql)?|redis|grpc)://[^\s"'<>)\]}，。；]+
    | \[[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+\](?::\d+)?
    | (?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f:]{1,}
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b
    | (?<![a-z0-9.\-])(?:[a-z0-9\-]{1,63}\.){1,10}
      (?:internal|local|lan|corp|intra|localdomain|svc)\b(?::\d+)?
    | \blocalhost(?::\d+)?\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets (whole, and in their masked forms) and without anything shaped
    like a key, an account, an address or a host. At most TEXT_CHARS_MAX characters."""
    known = [secret for secret in secrets if len(secret) >= 4]
    for secret in known:
        text = text.replace(secret, _MARK)
    text = text[: 2 * TEXT_CHARS_MAX]
    for secret in known:
        if len(secret) >= 16:
            text = _masked_forms(secret).sub(_MARK, text)
    text = _PATTERNS.sub(_MARK, text)
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1] + "…"


def _masked_forms(secret: str) -> re.Pattern[str]:
    """`sk-ab***yz`, `…wxyz`: vendors echo keys with their middle masked."""
    head, tail = re.escape(secret[:4]), re.escape(secret[-4:])
    return re.compile(rf"{head}[^\s\"']*[*.…•xX]{{2,}}[^\s\"']*|[*…•]{{2,}}[^\s\"']{{0,12}}{tail}")
