"""GET /api/usage/token/: what a key was granted, used and has left (relay-api 18.2)."""

from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of
from waystation.control.replies import json_reply
from waystation.control.token_owner import TokenOwner
from waystation.kernel.ids import request_id
from waystation.kernel.money import legacy_units
from waystation.ledger.port import Ledger, LedgerAway
from waystation.ledger.questions import AccountState, AskAccount, AskToken, TokenState


async def show(request: Request) -> Response:
    """Amounts in legacy quota units, 500,000 to the USD. Raises LedgerAway."""
    owner: TokenOwner = request.state.token
    used, available = await _amounts(services_of(request).ledger, owner)
    data = {
        "object": "token_usage",
        "name": owner.name,
        "total_granted": legacy_units(used + available),
        "total_used": legacy_units(used),
        "total_available": legacy_units(available),
        "unlimited_quota": owner.total_nanos is None,
        "model_limits": dict.fromkeys(owner.models, True),
        "model_limits_enabled": bool(owner.models),
        "expires_at": (owner.expires_ms or 0) // 1000,
    }
    return json_reply({"code": True, "message": "ok", "data": data})


async def _amounts(ledger: Ledger, owner: TokenOwner) -> tuple[int, int]:
    """(used, available) nanos. A token without a budget of its own may use what the account has;
    no token may use more."""
    token = await ledger.ask(
        AskToken(id=request_id(), account_id=owner.account_id, token_id=owner.token_id)
    )
    account = await ledger.ask(AskAccount(id=request_id(), account_id=owner.account_id))
    if not isinstance(token, TokenState) or not isinstance(account, AccountState):
        raise LedgerAway("an answer to another question")
    available = account.balance - account.held
    if owner.total_nanos is not None:
        available = owner.total_nanos - token.spent - token.held
    return token.spent, max(available, 0)
