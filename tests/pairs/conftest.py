from tests.pairs.stage import stage
from tests.relay.conftest import _log
from tests.support.gateway import data_template

__all__ = ["_log", "data_template", "stage"]
