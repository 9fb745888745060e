"""[[accounts]] and [[tokens]]."""

import re
from ipaddress import ip_network

from waystation.control.apply.document import AccountWanted, TokenWanted
from waystation.control.apply.fields import Fields, model_problem, to_json
from waystation.control.apply.read_groups import read_limits
from waystation.identity.caller import Role
from waystation.identity.keys import import_problem
from waystation.identity.passwords import LENGTH_MAX, LENGTH_MIN
from waystation.tasks.hooks.address import URL_CHARACTERS_MAX
from waystation.upstream.url import parse_url

TOKEN_NAME_LENGTH_MAX = 30
EMAIL_LENGTH_MAX = 254
PERIODS = ("total", "day", "week", "month")
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")


def read_account(fields: Fields) -> AccountWanted:
    email = read_email(fields, "email")
    chosen = fields.choice("role", ("user", "operator"), "user")
    role: Role = "operator" if chosen == "operator" else "user"
    columns = {
        "role": role,
        "account_group": "default",
        "enabled": fields.flag("enabled", True),
        "limits": read_limits(fields),
        "budget": _budget(fields),
    }
    password = _password(fields)
    credit_nanos = fields.nanos("credit") or 0
    group = fields.take("group")
    if group is not None:
        if not isinstance(group, str) or not group.strip() or "," in group or group == "auto":
            raise fields.refuse("group", "must be the name of one group")
        columns["account_group"] = group
    fields.end()
    return AccountWanted(
        line=fields.line,
        columns=columns,
        email=email,
        role=role,
        password=password,
        credit_nanos=credit_nanos,
    )


def read_token(fields: Fields) -> TokenWanted:
    account = read_email(fields, "account")
    name = fields.name(length_max=TOKEN_NAME_LENGTH_MAX)
    groups = fields.words("groups")
    columns = {
        "groups": to_json(groups),
        "models": to_json(fields.words("models", model_problem)),
        "allow_ips": to_json(fields.words("allow_ips", _network_problem)),
        "expires_ms": fields.moment("expires"),
        "enabled": fields.flag("enabled", True),
        "limits": read_limits(fields),
        "budget": _budget(fields),
        "hook_url": _hook_url(fields),
        "midjourney": _midjourney(fields.table("midjourney")),
    }
    key = fields.secret("key")
    problem = import_problem(key) if key is not None else None
    if problem is not None:
        raise fields.refuse("key", f"is refused: {problem}")
    fields.end()
    return TokenWanted(
        line=fields.line, columns=columns, account=account, name=name, groups=groups, key=key
    )


def read_email(fields: Fields, field: str) -> str:
    """In lower case, which is how accounts are told apart."""
    email = fields.text(field, length_max=EMAIL_LENGTH_MAX)
    if _EMAIL.fullmatch(email) is None or not email.isprintable():
        raise fields.refuse(field, f"{email!r} is not an address like ada@example.com")
    return email.lower()


def _password(fields: Fields) -> str | None:
    password = fields.secret("password")
    if password is not None and not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise fields.refuse("password", f"must have from {LENGTH_MIN} to {LENGTH_MAX} characters")
    return password


def _budget(fields: Fields) -> str:
    """USD in the file, nano-USD in the row."""
    table = fields.table("budget")
    amounts = {period: table.nanos(period) for period in PERIODS}
    table.end()
    return to_json({period: nanos for period, nanos in amounts.items() if nanos is not None})


def _hook_url(fields: Fields) -> str:
    """Where it leads is judged when something is sent there."""
    url = fields.text("hook_url", "", length_max=URL_CHARACTERS_MAX)
    if url:
        fields.judged("hook_url", lambda: parse_url(url))
    return url


def _midjourney(table: Fields) -> str:
    """What is not said is the operator's."""
    queued = table.take("queue_code_22")
    if queued is not None and not isinstance(queued, bool):
        raise table.refuse("queue_code_22", "must be true or false")
    said = {"remix": table.flag("remix", False) or None, "queue_code_22": queued}
    table.end()
    return to_json({name: value for name, value in said.items() if value is not None})


def _network_problem(text: str) -> str | None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return "is neither an address nor a network like 192.0.2.0/24"
    return None
