"""An authenticator whose clock a test moves, and how it is asked."""

from collections.abc import AsyncIterator

import pytest

from waystation.errors import Fault
from waystation.identity.authenticator import Authenticator
from waystation.identity.credentials import Credential, credential
from waystation.storage.database import Database


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def show(key: str) -> Credential:
    return credential({"authorization": f"Bearer {key}"}.get)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def authenticator(store: Database, clock: Clock) -> AsyncIterator[Authenticator]:
    made = Authenticator(store, clock)
    yield made
    await made.close()


async def refuse(authenticator: Authenticator, key: str) -> Fault:
    with pytest.raises(Fault) as refused:
        await authenticator.find(show(key))
    return refused.value
