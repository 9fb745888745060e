"""Where a task is told of: at the request's address, else the token's, else the deployment's."""

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.outcome import invalid
from waystation.edge.midjourney.desk import Desk
from waystation.identity.caller import Caller
from waystation.tasks.hooks.address import judge


async def hook_of(desk: Desk, caller: Caller, job: Job) -> str:
    """ "" for nowhere. Raises Declined for an address that may not be one."""
    site = desk.site
    if not job.notify_hook:
        return caller.hook_url or site.settings.hook_url or ""
    try:
        await judge(job.notify_hook, site.hook_guard)
    except ValueError:
        raise invalid(texts.HOOK_BAD) from None
    return job.notify_hook
