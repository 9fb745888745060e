"""Which private networks may hooks and fetches reach?"""

from ipaddress import ip_network

from waystation.control.doctor.check import Check
from waystation.settings import Settings
from waystation.upstream.networks import METADATA

_NAME = "egress of hooks"
_PREFIX_MIN = {4: 8, 6: 16}


def check_egress(settings: Settings) -> Check:
    """Judges egress_allow: each network well-formed, not the whole internet, no metadata."""
    for text in settings.egress_allow:
        try:
            network = ip_network(text)
        except ValueError as wrong:
            advice = "WAYSTATION_EGRESS_ALLOW is a comma-separated list of CIDRs."
            return Check(_NAME, False, str(wrong), advice)
        if network.prefixlen < _PREFIX_MIN[network.version]:
            advice = "Name the networks that hooks need, not everything."
            return Check(_NAME, False, f"{network} allows almost every address", advice)
        if any(network.version == each.version and network.overlaps(each) for each in METADATA):
            advice = "Metadata services stay refused; leave them out of WAYSTATION_EGRESS_ALLOW."
            return Check(_NAME, False, f"{network} contains a cloud's metadata service", advice)
    if not settings.egress_allow:
        return Check(_NAME, True, "public addresses only")
    return Check(_NAME, True, "public addresses and " + ", ".join(settings.egress_allow))
