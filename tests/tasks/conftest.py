from tests.support.main_store import *  # noqa: F403
