"""EasyPay, version 1: what aggregators of Alipay and WeChat Pay speak.

A sign is the MD5 of all parameters that have a value, sorted by name, `sign` and `sign_type` left
out, with the merchant's key behind them. The browser is sent to submit.php, or mapi.php is asked
for a page or a code to scan; what is paid is told to us by GET or POST.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from waystation.control.outward import OutwardFault, ask_json
from waystation.control.top_ups.amounts import format_amount, parse_amount
from waystation.control.top_ups.notice import NotBelieved, Opened
from waystation.settings import Settings

CURRENCY = "CNY"
METHODS = ("alipay", "wxpay")
PAID = "TRADE_SUCCESS"
_UNSIGNED = ("sign", "sign_type")
_NOTICE_BYTES_MAX = 64 * 1024


def sign(parameters: Mapping[str, str], key: str) -> str:
    """Hexadecimal, in lower case."""
    told = sorted((name, value) for name, value in parameters.items() if value)
    plain = "&".join(f"{name}={value}" for name, value in told if name not in _UNSIGNED)
    return hashlib.md5(f"{plain}{key}".encode(), usedforsecurity=False).hexdigest()


def read_notice(query: str, body: bytes, key: str) -> dict[str, str]:
    """What was told, each parameter once, rightly signed. Raises NotBelieved."""
    if len(body) > _NOTICE_BYTES_MAX:
        raise NotBelieved("too long")
    try:
        told = parse_qsl(query, True, errors="strict", max_num_fields=64)
        told += parse_qsl(body.decode(), True, errors="strict", max_num_fields=64)
    except ValueError:
        raise NotBelieved("unreadable") from None
    notice = dict(told)
    if len(notice) != len(told):
        raise NotBelieved("a parameter is there twice")
    shown = notice.get("sign", "").lower().encode()
    if notice.get("sign_type", "MD5").upper() != "MD5":
        raise NotBelieved("not signed by MD5")
    if not hmac.compare_digest(sign(notice, key).encode(), shown):
        raise NotBelieved("the sign is wrong")
    return notice


def judge(notice: Mapping[str, str], order: Any, merchant: str) -> None:
    """Raises NotBelieved unless it is exactly this order's payment."""
    if notice.get("pid") != merchant:
        raise NotBelieved("another merchant's")
    try:
        minor = parse_amount(notice.get("money", ""), order.currency)
    except ValueError:
        minor = -1
    if minor != order.minor:
        raise NotBelieved(f"{notice.get('money')} was paid, not the order's amount")


def _request(provider: Any, key: str, order: Any, title: str, places: Mapping[str, str]) -> Any:
    asked = {
        "pid": provider.merchant,
        "type": order.method,
        "out_trade_no": order.number,
        "name": title,
        "money": format_amount(order.minor, order.currency),
        **places,
    }
    return asked | {"sign": sign(asked, key), "sign_type": "MD5"}


def page_of(
    provider: Any, key: str, order: Any, title: str, notify_url: str, return_url: str
) -> Opened:
    """submit.php takes its parameters by GET as well, so an address is enough."""
    places = {"notify_url": notify_url, "return_url": return_url}
    query = urlencode(_request(provider, key, order, title, places))
    return Opened("", f"{provider.base_url.rstrip('/')}/submit.php?{query}")


async def ask_page(
    settings: Settings,
    provider: Any,
    key: str,
    order: Any,
    title: str,
    notify_url: str,
    return_url: str,
    peer: str,
) -> Opened:
    """By mapi.php. Raises OutwardFault."""
    places = {"notify_url": notify_url, "return_url": return_url, "clientip": peer, "device": "pc"}
    form = _request(provider, key, order, title, places)
    url = f"{provider.base_url.rstrip('/')}/mapi.php"
    told = await ask_json(settings, url, form=form, allow_private=bool(provider.allow_private))
    if not isinstance(told, dict) or str(told.get("code")) != "1":
        reason = told.get("msg") if isinstance(told, dict) else ""
        raise OutwardFault(f"it refused: {str(reason or '')[:200]}")
    page = told.get("payurl") or told.get("qrcode") or told.get("urlscheme")
    if not isinstance(page, str) or ":" not in page or page.lower().startswith("javascript"):
        raise OutwardFault("it answered without a page to pay at")
    return Opened(str(told.get("trade_no") or ""), page)
