"""A bill there and a bill here: what a request cost by their ratios, in units of quota, is what it
costs here by the prices and rates that came along, as the router finds them."""

import asyncio
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.importing.foreign import Foreign, channel, user
from waystation.configuration.reading import Configuration
from waystation.control.apply.first_start import open_store
from waystation.kernel.clock import now_ms
from waystation.ledger.prices import charge
from waystation.meter.usage import Usage
from waystation.routing.candidates import Directory
from waystation.routing.query import Query
from waystation.settings import Settings

NANOS_PER_USD = 10**9
RATIOS: dict[str, dict[str, Any]] = {
    "ModelRatio": {"gpt-4o": 1.25, "claude-sonnet-4-5": 1.5, "odd": 0.0337, "gpt-4o-audio": 1.25},
    "CompletionRatio": {"gpt-4o": 4, "claude-sonnet-4-5": 5, "odd": 2.7, "gpt-4o-audio": 4},
    "CacheRatio": {"gpt-4o": 0.5, "claude-sonnet-4-5": 0.1},
    "CreateCacheRatio": {"claude-sonnet-4-5": 1.25},
    "AudioRatio": {"gpt-4o-audio": 16},
    "AudioCompletionRatio": {"gpt-4o-audio": 2},
    "ModelPrice": {"dall-e-3": 0.04},
    "GroupRatio": {"default": 1, "vip": 0.8, "odd": 1.37},
    "GroupGroupRatio": {"vip": {"default": 0.9, "odd": 0.333}},
}
USAGES = {
    "plain": Usage(input_fresh=1_000, output_text=500),
    "one": Usage(input_fresh=1, output_text=1),
    "cached": Usage(input_fresh=123_457, input_cache_read=4_711, output_text=3),
    "written": Usage(input_fresh=7, input_cache_write_5m=2_048, output_text=900),
    "heard": Usage(input_fresh=50, audio_in=321, output_text=20, audio_out=111),
}
BILLS = [
    (model, usage, account_group, group)
    for model, usage in (
        ("gpt-4o", "plain"), ("gpt-4o", "one"), ("gpt-4o", "cached"),
        ("claude-sonnet-4-5", "plain"), ("claude-sonnet-4-5", "cached"),
        ("claude-sonnet-4-5", "written"), ("odd", "plain"), ("odd", "one"),
        ("gpt-4o-audio", "heard"), ("gpt-4o-audio", "plain"), ("dall-e-3", "one"),
    )
    for account_group, group in (
        ("default", "default"), ("default", "vip"), ("default", "odd"),
        ("vip", "vip"), ("vip", "default"), ("vip", "odd"),
    )
]  # fmt: skip


def _ratio(table: str, model: str) -> Decimal:
    return Decimal(str(RATIOS[table].get(model, 1)))


def their_quota(
    model: str, usage: Usage, account_group: str, group: str, per_usd: Decimal
) -> Decimal:
    """Tokens × ratio × group ratio, in units of quota, before they are rounded. A special ratio
    of the user's group in the group that serves takes the latter's place."""
    special = RATIOS["GroupGroupRatio"].get(account_group, {}).get(group)
    group_ratio = Decimal(str(RATIOS["GroupRatio"][group] if special is None else special))
    if model in RATIOS["ModelPrice"]:
        return _ratio("ModelPrice", model) * per_usd * group_ratio
    heard = _ratio("AudioRatio", model)
    tokens = (
        usage.input_fresh
        + usage.input_cache_read * _ratio("CacheRatio", model)
        + usage.input_cache_write_5m * _ratio("CreateCacheRatio", model)
        + usage.output_text * _ratio("CompletionRatio", model)
        + usage.audio_in * heard
        + usage.audio_out * heard * _ratio("AudioCompletionRatio", model)
    )
    return tokens * _ratio("ModelRatio", model) * group_ratio


def fill(foreign: Foreign, per_usd: str) -> None:
    foreign.add("users", [user(1, "root", role=100, quota=0)])
    models = ",".join({**RATIOS["ModelRatio"], **RATIOS["ModelPrice"]})
    every = channel(1, 1, "sk-one", models=models, group="default,vip,odd")
    foreign.add("channels", [every])
    options = {name: json.dumps(table) for name, table in RATIOS.items()}
    usable = {"UserUsableGroups": '{"default": "", "vip": "", "odd": ""}', "QuotaPerUnit": per_usd}
    told = {**options, **usable}
    foreign.add("options", [{"key": name, "value": value} for name, value in told.items()])


async def _router(data: Path) -> Directory:
    database, sealing = await open_store(Settings(data=data))
    try:
        return Directory(await Configuration(database, sealing).read())
    finally:
        await database.close()


@pytest.mark.parametrize("per_usd", ["500000", "1000000"])
def test_a_bill_is_the_same_here(foreign: Foreign, cli: Cli, data: Path, per_usd: str) -> None:
    fill(foreign, per_usd)
    done = cli("import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.err + done.out
    router = asyncio.run(_router(data))
    for model, name, account_group, group in BILLS:
        usage = USAGES[name]
        operation = "image" if model == "dall-e-3" else "chat"
        query = Query(
            model=model, operation=operation, account_group=account_group, groups=(group,)
        )
        (candidate,) = router.candidates(query, now_ms()).tiers[0].candidates
        ours = charge(usage, candidate.price, candidate.rate).nanos
        units = their_quota(model, usage, account_group, group, Decimal(per_usd))
        theirs = units * NANOS_PER_USD / Decimal(per_usd)
        what = f"{usage} of {model} for {account_group} in {group}"
        assert ours == theirs.to_integral_value(ROUND_HALF_UP), what
