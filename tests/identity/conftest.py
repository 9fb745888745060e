from tests.identity.finding import authenticator, clock
from tests.support.main_store import *  # noqa: F403

__all__ = ["authenticator", "clock"]
