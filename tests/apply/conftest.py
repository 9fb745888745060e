from tests.apply.applying import ask, sealing
from tests.support.main_store import *  # noqa: F403

__all__ = ["ask", "sealing"]
