"""GET /api/status: what clients of this family read before anything else."""

from fastapi import Request
from fastapi.responses import Response

from waystation import __version__
from waystation.control.guards import services_of
from waystation.control.mail.post import mail_server
from waystation.control.replies import json_reply
from waystation.control.site import SignUp, Site, read_setting
from waystation.kernel.money import NANOS_PER_LEGACY_UNIT, NANOS_PER_USD


async def show(request: Request) -> Response:
    """quota_per_unit: legacy quota units in one USD. start_time: unix seconds."""
    services = services_of(request)
    site = await read_setting(services.database, Site)
    sign_up = await read_setting(services.database, SignUp)
    data = {
        "system_name": site.name,
        "logo": site.logo,
        "footer_html": "",
        "register_enabled": sign_up.mode != "closed",
        "version": __version__,
        "start_time": services.started_ms // 1000,
        "server_address": services.settings.public_url or "",
        "quota_per_unit": NANOS_PER_USD // NANOS_PER_LEGACY_UNIT,
        "display_in_currency": True,
        "quota_display_type": "USD",
        "email_verification": mail_server(services.settings) is not None,
        "turnstile_check": False,
        "setup": True,
    }
    return json_reply({"success": True, "message": "", "data": data})
