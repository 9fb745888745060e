"""How much to hold for pictures: all that were asked for, each as dear as it may become.

Nothing of it is posted when this process dies: a picture that nobody got is not paid for.
"""

from waystation.admission.estimate import Estimate
from waystation.dialects.pictures.request import PictureOperation
from waystation.ledger.prices import picture_bound
from waystation.meter.beside import NOTHING
from waystation.routing.choices import Choices


def picture_estimate(operation: PictureOperation, choices: Choices) -> Estimate:
    """At the dearest candidate's price and rate."""
    most = operation.most()
    if not choices.native_n:
        most.units["calls"] = operation.n
    nanos = max(picture_bound(most, price, rate) for price, rate in choices.tariffs)
    return Estimate(
        choices=choices,
        stream=False,
        limited=False,
        prompt_tokens=operation.prompt_guess(),
        prompt_bound_tokens=operation.prompt_tokens,
        asked_tokens=0,
        held_tokens=0,
        answers=operation.n,
        calls=1,
        media=True,
        beside=NOTHING,
        nanos=nanos,
        nanos_floor=nanos,
        prompt_nanos=0,
    )
