"""`/livez`: the process turns. `/readyz`: it can take requests: not draining, ledger and
configuration at hand, and under `serve` the control process was there once. Losing it later does
not make a gateway unready."""

from waystation.edge.call import Call
from waystation.edge.replies import send_json
from waystation.edge.site import Site


async def livez(call: Call) -> None:
    send_json(call, {"status": "ok"})


_READY = {"draining": False, "ledger": True, "configuration": True, "control": True}


class Readyz:
    """A handler."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        site = self._site
        states = {
            "draining": site.draining,
            "ledger": site.ledger.present,
            "configuration": site.directory is not None,
            "control": not site.awaits_control,
        }
        ready = states == _READY
        status = "ready" if ready else "not ready"
        send_json(call, {"status": status, **states}, 200 if ready else 503)
