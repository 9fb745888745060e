"""Requests for the tests of admission, in few words."""

from dataclasses import dataclass

from tests.routing.scenery import channel, choices, group
from waystation.admission.admit import admit
from waystation.admission.estimate import Policy
from waystation.admission.grant import Grant
from waystation.journal.row import Facts, Row
from waystation.ledger.port import Ledger
from waystation.routing.choices import Choices

POLICY = Policy(output_tokens=4096, stream_tokens=2000)
CHOICES = choices([channel(1)], group("g", 1))  # 1,000 nanos a token in, 2,000 out
FACTS = Facts("r1", 0, 7, 8, "t", "chat", "openai", "m", True, "::1", "test", "g", "p1", "1")


@dataclass
class Request:
    """What admission looks at of an operation."""

    stream: bool = False
    prompt_tokens: int = 100
    output_limit: int | None = 1000
    n: int = 1
    choices: int = 1
    needs: frozenset[str] = frozenset()
    name: str = "chat"
    dialect: str = "openai"
    model: str = "m"
    affinity: str | None = None
    expects_output: bool = True
    guess: int | None = None

    def prompt_guess(self) -> int:
        return self.prompt_tokens if self.guess is None else self.guess


async def ask(
    ledger: Ledger,
    request: Request,
    chosen: Choices = CHOICES,
    *,
    idempotency: tuple[str, str] | None = None,
    sends_at_once: bool = False,
) -> Grant:
    return await admit(
        ledger,
        request,  # type: ignore[arg-type]
        chosen,
        chosen.first,
        FACTS,
        POLICY,
        sends_at_once=sends_at_once,
        idempotency=idempotency,
    )


def row() -> Row:
    return Row(facts=FACTS, status=200, end="complete")
