"""[midjourney] of a relay.toml."""

from waystation.control.apply.document import MidjourneyWanted
from waystation.control.apply.fields import Fields
from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.dialects.midjourney.parameters import VERSIONS

_COUNT_MAX = 1_000_000


def read_midjourney(fields: Fields) -> MidjourneyWanted:
    default = MidjourneyOptions()
    line = fields.line
    options = MidjourneyOptions(
        banned_words=fields.words("banned_words"),
        banned=fields.choice("banned", ("refuse", "remove"), default.banned),  # type: ignore[arg-type]
        queue=fields.count("queue", default.queue, most=_COUNT_MAX),
        queue_code_22=fields.flag("queue_code_22", False),
        account_concurrency=fields.count("account_concurrency", 0, most=_COUNT_MAX),
        account_queue=fields.count("account_queue", 0, most=_COUNT_MAX),
        account_day=fields.count("account_day", 0, most=_COUNT_MAX),
        account_total=fields.count("account_total", 0),
        fetch_rpm=fields.count("fetch_rpm", default.fetch_rpm, most=_COUNT_MAX),
        swap_face=fields.flag("swap_face", False),
        images=fields.choice("images", ("stored", "origin"), default.images),  # type: ignore[arg-type]
        strict_params=fields.choice(  # type: ignore[arg-type]
            "strict_params", ("fail", "warn", "ignore"), default.strict_params
        ),
        repeat_max=fields.count("repeat_max", default.repeat_max, least=1, most=40),
        version=fields.choice("version", VERSIONS, default.version),
        minutes=fields.count("minutes", default.minutes, least=1, most=1440),
        relax_minutes=fields.count("relax_minutes", default.relax_minutes, least=1, most=1440),
        translate=fields.text("translate", ""),
    )
    fields.end()
    return MidjourneyWanted(line, options)
