"""Where a task's changes are told: the request's address, else the deployment's."""

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import invalid
from waystation.edge.midjourney.desk import Desk
from waystation.upstream.url import parse_url


async def hook_of(desk: Desk, job: Job) -> str:
    """ "" for nowhere. Raises Declined for an address that cannot be one."""
    if not job.notify_hook:
        return ""
    try:
        parse_url(job.notify_hook)
    except ValueError:
        raise invalid(texts.HOOK_BAD) from None
    return job.notify_hook
