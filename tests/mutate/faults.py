"""All faults, by the part in which they are sown."""

from tests.mutate.in_admission import IN_ADMISSION
from tests.mutate.in_lanes import IN_LANES
from tests.mutate.in_ledger import IN_LEDGER
from tests.mutate.in_meter import IN_METER
from tests.mutate.in_relay import IN_RELAY
from tests.mutate.in_routing import IN_ROUTING

FAULTS = (*IN_LANES, *IN_LEDGER, *IN_METER, *IN_ADMISSION, *IN_ROUTING, *IN_RELAY)
