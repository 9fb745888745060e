"""How much to hold for a sound: all of its characters or seconds, all tokens that it may cost."""

from waystation.admission.estimate import Estimate
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.speech import SpeechOperation
from waystation.ledger.prices import charge, sound_bound
from waystation.meter.beside import NOTHING
from waystation.routing.choices import Candidate, Choices


def sound_estimate(
    operation: SpeechOperation | HearingOperation, choices: Choices, first: Candidate
) -> Estimate:
    """At the dearest candidate's price and rate. first: whom routing tries first; what its
    upstream reads or hears is owed at the least when this process dies."""
    most = operation.most()
    nanos = max(sound_bound(most, price, rate) for price, rate in choices.tariffs)
    owed = charge(operation.prompt_usage(), first.price, first.rate).nanos
    return Estimate(
        choices=choices,
        stream=False,
        limited=False,
        prompt_tokens=operation.prompt_guess(),
        prompt_bound_tokens=operation.prompt_tokens,
        asked_tokens=0,
        held_tokens=0,
        answers=1,
        calls=1,
        media=True,
        beside=NOTHING,
        nanos=nanos,
        nanos_floor=nanos,
        prompt_nanos=min(nanos, owed),
    )
