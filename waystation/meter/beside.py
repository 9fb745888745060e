"""What is paid beside tokens: a service tier's factor, and calls of the vendor's own tools."""

import msgspec

ASSUMED = "?"
"""Behind a tier that was asked for where the upstream did not tell which one it was."""

TIER = "service_tier"
"""The word by which a channel strips tiers."""
SERVER_TOOLS = "server_tools"
"""The word by which a channel strips every tool that runs at the vendor."""

_USUAL = frozenset(("default", "standard", "standard_only", "on_demand", "unspecified"))
_UNTOLD = frozenset(("auto", "traffic_type_unspecified", ""))
_SAME = {
    "on_demand_priority": "priority",
    "on_demand_flex": "flex",
    "on_demand_offpeak": "offpeak",
    "provisioned_throughput": "provisioned",
}
_CHARACTERS_MAX = 40


class Beside(msgspec.Struct, frozen=True):
    """What a request asks for beside tokens. tier: by our name, "" the usual one. calls: (unit, the
    most of it to be held for). least: (unit, what is counted where the upstream counts none)."""

    tier: str = ""
    calls: tuple[tuple[str, int], ...] = ()
    least: tuple[tuple[str, int], ...] = ()

    def without(self, strip: tuple[str, ...]) -> "Beside":
        """What is left of it at a channel that strips these."""
        if not strip or self is NOTHING:
            return self
        tier = "" if TIER in strip else self.tier
        if SERVER_TOOLS in strip:
            return Beside(tier)
        return Beside(
            tier,
            tuple(each for each in self.calls if each[0] not in strip),
            tuple(each for each in self.least if each[0] not in strip),
        )


NOTHING = Beside()


def tier_of(word: object) -> str | None:
    """A vendor's word for a tier by our name: "" the usual one, None not told."""
    if not isinstance(word, str) or len(word) > _CHARACTERS_MAX:
        return None
    name = word.lower().removeprefix("service_tier_")
    if name in _UNTOLD:
        return None
    return "" if name in _USUAL else _SAME.get(name, name)
