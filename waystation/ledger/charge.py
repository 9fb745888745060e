"""What a usage costs, and what it may cost at the most."""

from operator import attrgetter

import msgspec

from waystation.ledger.price import RATE_SCALE, Price, Rate
from waystation.ledger.price_tier import ATOMS_PER_NANO
from waystation.meter.beside import NOTHING, Beside
from waystation.meter.usage import TOKEN_KINDS, Usage

_SCALE: int = ATOMS_PER_NANO * RATE_SCALE
_HALF = _SCALE // 2

Part = tuple[str, int, str]
"""(kind, count, unit price): USD per million for kinds of tokens, else USD per call or unit. Of
the kind "service_tier:…" it is the factor of all parts before it."""

_encode = msgspec.json.Encoder().encode
_counts = attrgetter(*TOKEN_KINDS)


class Charge(msgspec.Struct, frozen=True):
    """nanos: what is to be paid. parts: the formula, official prices before the rate.
    tier_above_tokens: of the tier that applied, 0 the first."""

    nanos: int
    parts: tuple[Part, ...] = ()
    tier_above_tokens: int = 0

    def parts_json(self) -> bytes:
        """As the log row keeps it: [[kind, count, unit price], …]."""
        return _encode(self.parts)


def charge(usage: Usage, price: Price, rate: Rate) -> Charge:
    """What this usage costs, exactly, rounded half up once. Of several calls (the unit `calls`)
    each is as long as its share."""
    atoms = 0
    above_tokens = 0
    parts: list[Part] = []
    calls = max(1, usage.units.get("calls", 1)) if usage.units else 1
    if price.per_call is not None:
        atoms = calls * price.per_call.atoms
        parts.append(("call", calls, price.per_call.text))
    elif price.pictures is not None and not (price.by_token and _tells_tokens(usage)):
        # An answer that counts no pictures (a chat that drew one) counts as one a call.
        images = usage.units.get("images", calls)
        unit = price.pictures.of(usage.size, usage.quality)
        atoms = images * unit.atoms
        parts.append(("image", images, unit.text))
    elif price.sound is not None and not (price.by_token and _tells_tokens(usage)):
        units = usage.units
        name, unit = price.sound.basis(units.get("characters", 0))
        count = units.get(name, 0)
        atoms = count * unit.atoms
        parts.append((name, count, unit.text))
    else:
        tiers = price.tiers
        tier = tiers[0] if len(tiers) == 1 else price.tier(-(-usage.input_tokens // calls))
        above_tokens = tier.above_tokens
        for count, (kind, unit_atoms, text) in zip(_counts(usage), tier.kinds, strict=True):
            if count > 0:
                atoms += count * unit_atoms
                parts.append((kind, count, text))
    if usage.tier:
        atoms = _at_tier(atoms, usage.tier, price, parts)
    if usage.units and price.tools:
        atoms += _tools(usage, price, parts)
    return Charge((atoms * rate.scaled + _HALF) // _SCALE, tuple(parts), above_tokens)


def _at_tier(atoms: int, tier: str, price: Price, parts: list[Part]) -> int:
    """What tokens or call cost at this service tier, to the atom; adds the factor to the parts."""
    factor = price.factor(tier)
    if factor.scaled == RATE_SCALE:
        return atoms
    parts.append((f"service_tier:{tier}", 1, factor.text))
    return (atoms * factor.scaled + RATE_SCALE // 2) // RATE_SCALE


def _tools(usage: Usage, price: Price, parts: list[Part]) -> int:
    """The atoms of units that have a price; adds their parts."""
    atoms = 0
    for name, unit in price.tools.items():
        count = usage.units.get(name, 0)
        if count > 0:
            atoms += count * unit.atoms
            parts.append((name, count, unit.text))
    return atoms


def _tells_tokens(usage: Usage) -> bool:
    return usage.output_tokens > 0 or usage.input_tokens > 0


def picture_bound(usage: Usage, price: Price, rate: Rate) -> int:
    """nanos that no charge of these pictures exceeds, rounded up. usage: what is ordered, with all
    tokens and the size and quality as the caller named them."""
    atoms = 0
    if price.per_call is not None:
        atoms = max(1, usage.units.get("calls", 1)) * price.per_call.atoms
    else:
        if price.pictures is not None:
            unit = price.pictures.most(usage.size, usage.quality)
            atoms = usage.units.get("images", 1) * unit.atoms
        if price.by_token:
            tier = price.tier(usage.input_tokens)
            by_kind = {kind: unit_atoms for kind, unit_atoms, _ in tier.kinds}
            tokens = (
                (usage.input_fresh + usage.image_in) * tier.media_in_atoms
                + usage.output_text * by_kind["output_text"]
                + usage.image_out * by_kind["image_out"]
            )
            atoms = max(atoms, tokens)
    for name, unit in price.tools.items():
        atoms += usage.units.get(name, 0) * unit.atoms
    return -(-atoms * rate.scaled // _SCALE)


def sound_bound(usage: Usage, price: Price, rate: Rate) -> int:
    """nanos that no charge of this sound exceeds, rounded up. usage: what is ordered: all the
    characters and the most seconds and tokens that can come of it."""
    atoms = 0
    if price.per_call is not None:
        atoms = price.per_call.atoms
    else:
        if price.sound is not None:
            name, unit = price.sound.basis(usage.units.get("characters", 0))
            atoms = usage.units.get(name, 0) * unit.atoms
        if price.by_token:
            tier = price.tier(usage.input_tokens)
            by_kind = {kind: unit_atoms for kind, unit_atoms, _ in tier.kinds}
            tokens = (
                usage.input_fresh * by_kind["input_fresh"]
                + usage.audio_in * tier.media_in_atoms
                + usage.output_text * by_kind["output_text"]
                + usage.audio_out * tier.media_out_atoms
            )
            atoms = max(atoms, tokens)
    for name, unit in price.tools.items():
        atoms += usage.units.get(name, 0) * unit.atoms
    return -(-atoms * rate.scaled // _SCALE)


def bound(
    prompt_tokens: int,
    output_tokens: int,
    price: Price,
    rate: Rate,
    calls: int = 1,
    media: bool = False,
    beside: Beside = NOTHING,
) -> int:
    """nanos that no plausible charge of so many tokens exceeds, rounded up: the dearest kind of
    each side (a cache write may be dearer than fresh input), the dearest tier in reach. The tokens
    are of all calls together. media: the request has audio or pictures in or out."""
    atoms = _bound_atoms(prompt_tokens, output_tokens, price, calls, media)
    if beside is not NOTHING:
        factor = max(price.factor(beside.tier).scaled, RATE_SCALE)
        atoms = -(-atoms * factor // RATE_SCALE)
        for name, most in beside.calls:
            unit = price.tools.get(name)
            atoms += 0 if unit is None else most * unit.atoms * calls
    return -(-atoms * rate.scaled // _SCALE)


def _bound_atoms(
    prompt_tokens: int, output_tokens: int, price: Price, calls: int, media: bool
) -> int:
    if price.per_call is not None:
        return calls * price.per_call.atoms
    if price.pictures is not None and not price.by_token:
        return calls * price.pictures.most("", "").atoms
    atoms = 0
    for tier in price.tiers:
        if tier.above_tokens and prompt_tokens <= tier.above_tokens * calls:
            break
        if media:
            most = prompt_tokens * tier.media_in_atoms + output_tokens * tier.media_out_atoms
        else:
            most = prompt_tokens * tier.input_atoms + output_tokens * tier.output_atoms
        if most > atoms:
            atoms = most
    return atoms


def prompt_charge(prompt_tokens: int, price: Price, rate: Rate, calls: int = 1) -> int:
    """nanos for prompts of so many fresh tokens, over all calls, and no answer, rounded half
    up."""
    if price.per_call is not None:
        atoms = calls * price.per_call.atoms
    elif price.pictures is not None and not price.by_token:
        atoms = calls * price.pictures.of("", "").atoms
    else:
        tiers = price.tiers
        tier = tiers[0] if len(tiers) == 1 else price.tier(-(-prompt_tokens // calls))
        atoms = prompt_tokens * tier.kinds[0][1]
    return (atoms * rate.scaled + _HALF) // _SCALE
