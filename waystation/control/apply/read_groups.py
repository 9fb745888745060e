"""[[groups]] and [[group_rates]]."""

from waystation.control.apply.document import GroupWanted, MemberWanted, RateWanted
from waystation.control.apply.fields import Fields, to_json
from waystation.ledger.price import Rate

_RESERVED = "auto"


def read_group(fields: Fields) -> GroupWanted:
    name = fields.name()
    if name == _RESERVED:
        raise fields.refuse("name", f"must not be {_RESERVED!r}: it means the operator's list")
    members = _members(fields)
    columns = {
        "rate": _rate(fields, "1"),
        "label": fields.text("label", ""),
        "description": fields.text("description", ""),
        "pros": fields.text("pros", ""),
        "cons": fields.text("cons", ""),
        "tags": to_json(fields.words("tags")),
        "visible": fields.flag("visible", True),
        "selectable": fields.flag("selectable", False),
        "allowed_account_groups": to_json(fields.words("allowed_account_groups")),
        "limits": read_limits(fields),
        "own_members": members is not None,
    }
    fields.end()
    return GroupWanted(line=fields.line, columns=columns, name=name, members=members)


def read_rate(fields: Fields) -> RateWanted:
    account_group, group = fields.name("account_group"), fields.name("group")
    rate = _rate(fields, None)
    fields.end()
    return RateWanted(fields.line, account_group, group, rate)


def read_limits(fields: Fields) -> str:
    """rpm, tpm, concurrency; 0 or left out: none."""
    limits = fields.table("limits")
    figures = {name: limits.count(name) for name in ("rpm", "tpm", "concurrency")}
    limits.end()
    return to_json({name: figure for name, figure in figures.items() if figure})


def _rate(fields: Fields, default: str | None) -> str:
    text = fields.decimal("rate") or default
    if text is None:
        raise fields.refuse("rate", "is missing")
    return fields.judged("rate", lambda: Rate.parse(text).text)


def _members(fields: Fields) -> tuple[MemberWanted, ...] | None:
    tables = fields.tables("channels")
    if tables is None:
        return None
    members: dict[str, MemberWanted] = {}
    for each in tables:
        member = MemberWanted(
            each.line,
            each.name(),
            each.count("priority", None),
            each.count("weight", None, most=1_000_000),
        )
        each.end()
        if member.channel in members:
            raise each.refuse("name", f"{member.channel!r} is there twice")
        members[member.channel] = member
    return tuple(members.values())
