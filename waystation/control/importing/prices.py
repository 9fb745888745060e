"""Ratios and fixed prices as prices in USD; groups' ratios as rates."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from waystation.control.apply.document import ConfigError
from waystation.control.apply.fields import Fields
from waystation.control.apply.read_groups import read_group, read_rate
from waystation.control.apply.read_prices import read_price
from waystation.control.apply.run import Run
from waystation.control.desk.edits import BodySource, document
from waystation.control.importing.report import Total
from waystation.control.importing.units import decimal_text
from waystation.control.importing.work import Work
from waystation.control.importing.writing import write_document
from waystation.storage.main import group_rates, groups, prices

HOUR_WRITE = Decimal("1.6")
"""What writing into the cache for an hour costs there, of what it costs for five minutes."""

Options = Mapping[str, str]
Table = dict[str, Any]

_COMPLETION = (
    ("gpt-4o-2024-05-13", "3"), ("gpt-4o", "4"), ("chatgpt-4o", "3"), ("gpt-4.5", "2"),
    ("gpt-4-turbo", "3"), ("gpt-4", "2"), ("gpt-5", "8"), ("gpt-3.5", "3"), ("o1", "4"),
    ("o3", "4"), ("claude", "5"), ("mistral-", "3"), ("gemini-2.5-pro", "8"), ("gemini-", "4"),
    ("command", "4"),
)  # fmt: skip
"""What output costs of input there where no ratio is stored: built into those systems."""


class Names(NamedTuple):
    """What is here already."""

    models: set[str]
    groups: dict[str, Any]
    rates: set[tuple[str, str]]


class Prices:
    def __init__(self, work: Work, options: Options) -> None:
        self._work = work
        self._options = options
        self._prices = work.total("prices")
        self._groups = work.total("groups")
        self._rates = work.total("group rates")
        self._brought: dict[str, list[str]] = {"price": [], "group": [], "group rate": []}

    async def run(self, channel_groups: set[str]) -> None:
        """channel_groups: of channels, users and tokens; each exists there, with a ratio or not."""
        work = self._work
        async with work.database.read() as connection:
            known = {
                kind: set(await work.remembered.known(connection, kind)) for kind in self._brought
            }
            rows = await connection.execute(
                select(prices.c.model).where(prices.c.source == "override")
            )
            models = set(rows.scalars())
            named = {row.name: row for row in await connection.execute(select(groups))}
            rated = await connection.execute(
                select(group_rates.c.account_group, group_rates.c.group_name)
            )
            here = Names(models, named, {(row[0], row[1]) for row in rated})
        made = document(
            prices=tuple(self._each_price(known["price"], here)),
            groups=tuple(self._each_group(known["group"], here, channel_groups)),
            rates=tuple(self._each_rate(known["group rate"], here)),
        )
        if work.dry or not any(self._brought.values()):
            return

        async def remember(run: Run) -> None:
            for kind, names in self._brought.items():
                facts = [{"foreign_id": name, "our_id": None} for name in names]
                await work.remembered.remember(run.connection, kind, facts, work.now_ms)

        await write_document(work, made, remember)

    # ---- prices ------------------------------------------------------------------------------

    def _each_price(self, known: set[str], here: Names) -> list[Any]:
        ratios = {name: self._decimals(name) for name in (
            "ModelPrice", "ModelRatio", "CompletionRatio", "CacheRatio", "CreateCacheRatio",
            "ImageRatio", "AudioRatio", "AudioCompletionRatio",
        )}  # fmt: skip
        assumed: list[str] = []
        made = []
        for model in sorted({*ratios["ModelPrice"], *ratios["ModelRatio"]}):
            table = self._price(model, ratios, assumed)
            taken = "a price of the operator's is here" if model in here.models else ""
            one = self._bring(self._prices, "price", model, known, taken, read_price, table)
            made += [one] if one is not None else []
        if assumed:
            self._work.report.note(
                "output prices by the ratios that are built in there, to be looked at: "
                + ", ".join(assumed)
            )
        if not ratios["ModelRatio"] and not ratios["ModelPrice"]:
            self._work.report.note(
                "no ratios are stored there, so its own are in force, which we do not have: models "
                "cost here what the catalogue says"
            )
        return made

    def _price(self, model: str, ratios: dict[str, Any], assumed: list[str]) -> Table:
        if model in ratios["ModelPrice"]:
            return {"model": model, "per_call": decimal_text(ratios["ModelPrice"][model])}
        usd = self._work.units.usd_per_million
        ratio = ratios["ModelRatio"][model]
        completion = ratios["CompletionRatio"].get(model)
        if completion is None:
            completion = _built_in(model)
            assumed.append(model)
        table = {"model": model, "input": usd(ratio), "output": usd(ratio * completion)}
        for name, kind in (("CacheRatio", "cached_input"), ("CreateCacheRatio", "cache_write_5m"),
                           ("ImageRatio", "image_in"), ("AudioRatio", "audio_in")):  # fmt: skip
            if model in ratios[name]:
                table[kind] = usd(ratio * ratios[name][model])
        if "cache_write_5m" in table:
            table["cache_write_1h"] = usd(ratio * ratios["CreateCacheRatio"][model] * HOUR_WRITE)
        spoken = ratios["AudioCompletionRatio"].get(model)
        if spoken is not None and model in ratios["AudioRatio"]:
            table["audio_out"] = usd(ratio * ratios["AudioRatio"][model] * spoken)
        return table

    # ---- groups ------------------------------------------------------------------------------

    def _each_group(self, known: set[str], here: Names, more: set[str]) -> list[Any]:
        ratios = self._decimals("GroupRatio")
        usable = self._table("UserUsableGroups")
        made = []
        for name in sorted({*ratios, *usable, *more} - {"", "auto"}):
            table: Table = {
                "name": name,
                "rate": decimal_text(ratios.get(name, Decimal(1))),
                "label": name,
                "description": str(usable.get(name, "")),
                "selectable": name in usable,
                "visible": name in usable or name == "default",
            }
            row = here.groups.get(name)
            taken = ""
            if row is not None and (row.managed or row.rate != "1"):
                taken = "a group of that name and with another rate is here"
            one = self._bring(self._groups, "group", name, known, taken, read_group, table)
            made += [one] if one is not None else []
        return made

    def _each_rate(self, known: set[str], here: Names) -> list[Any]:
        made = []
        for account_group, by_group in sorted(self._table("GroupGroupRatio").items()):
            for group, ratio in sorted(dict(by_group).items()):
                pair = (account_group, group)
                table = {
                    "account_group": account_group,
                    "group": group,
                    "rate": decimal_text(Decimal(str(ratio))),
                }
                taken = "a rate of the operator's is here" if pair in here.rates else ""
                name = f"{account_group} in {group}"
                one = self._bring(self._rates, "group rate", name, known, taken, read_rate, table)
                made += [one] if one is not None else []
        return made

    # ---- what they share ---------------------------------------------------------------------

    def _bring(
        self,
        total: Total,
        kind: str,
        name: str,
        known: set[str],
        taken: str,
        read: Callable[[Fields], Any],
        table: Table,
    ) -> Any:
        total.there += 1
        if name in known:
            total.here += 1
            return None
        try:
            if taken:
                raise ConfigError(0, taken)
            made = read(Fields(BodySource(), table, (), f"the {kind}"))
        except ConfigError as refused:
            self._work.report.leave(total, name, name, refused.reason)
            return None
        total.here += 1
        total.new += 1
        self._brought[kind].append(name)
        return made

    def _table(self, option: str) -> dict[str, Any]:
        raw = self._options.get(option, "").strip()
        if not raw:
            return {}
        try:
            value = json.loads(raw, parse_float=Decimal)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self._work.report.note(f"the option {option} is not a JSON object and is left out")
            return {}
        return {str(name): one for name, one in value.items()}

    def _decimals(self, option: str) -> dict[str, Decimal]:
        return {
            name: Decimal(str(one))
            for name, one in self._table(option).items()
            if isinstance(one, int | Decimal) and not isinstance(one, bool)
        }


def _built_in(model: str) -> Decimal:
    for beginning, ratio in _COMPLETION:
        if model.startswith(beginning):
            return Decimal(ratio)
    return Decimal(1)
