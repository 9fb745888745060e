"""/api/v1/settings, /api/v1/announcements, /api/v1/audit: the house's own, for operators."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update

from waystation.control.apply.document import AutoGroupsWanted
from waystation.control.audit import record
from waystation.control.desk.action import Action, Call
from waystation.control.desk.actor import actor_of
from waystation.control.desk.edits import Subject, document, make_edit
from waystation.control.desk.pages import (
    Number,
    Page,
    PageQuery,
    all_by_id,
    at,
    at_or_none,
    ms_of,
    page_by_id,
)
from waystation.control.desk.reading import refuse
from waystation.control.desk.registration import write_letter
from waystation.control.mail.post import mail_server
from waystation.control.site import SignUp, Site, problem_of, read_setting, write_setting
from waystation.control.usable_groups import refuse_unknown_account_group
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.kernel.money import parse_usd
from waystation.storage.database import next_epoch
from waystation.storage.main import announcements, audit, settings

_AUTO = "auto_groups"


class SettingsView(msgspec.Struct, frozen=True):
    """auto_groups: what a token's `auto` stands for, in order. sends_mail: a mail server and a
    public address are set."""

    site: Site
    sign_up: SignUp
    auto_groups: list[str]
    sends_mail: bool


class AutoGroupsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: list[str]


class AnnouncementView(msgspec.Struct, frozen=True):
    """body: Markdown."""

    id: int
    title: str
    body: str
    level: Literal["info", "warning", "critical"]
    pinned: bool
    from_at: datetime
    until_at: datetime | None
    created_at: datetime


class AnnouncementBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    body: Annotated[str, Meta(max_length=50_000)] = ""
    level: Literal["info", "warning", "critical"] = "info"
    pinned: bool = False
    from_at: datetime | None = None
    until_at: datetime | None = None


class AuditView(msgspec.Struct, frozen=True):
    """before, after: what differs; secrets are named, never told."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    kind: str
    subject: str
    before: Any
    after: Any
    peer: str
    request_id: str


class AuditQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    actor_id: Number = 0
    kind: Annotated[str, Meta(max_length=64)] = ""
    subject: Annotated[str, Meta(max_length=256)] = ""


async def show(call: Call) -> SettingsView:
    database = call.services.database
    async with database.read() as connection:
        query = select(settings.c.value).where(settings.c.name == _AUTO)
        text = (await connection.execute(query)).scalar_one_or_none()
    return SettingsView(
        await read_setting(database, Site),
        await read_setting(database, SignUp),
        json.loads(text or "[]"),
        mail_server(call.services.settings) is not None,
    )


async def put_site(call: Call) -> SettingsView:
    site = call.body(Site)
    problem = problem_of(site)
    if problem is not None:
        raise refuse(*problem)
    return await _put(call, Site, site)


async def put_sign_up(call: Call) -> SettingsView:
    sign_up = call.body(SignUp)
    try:
        good = 0 <= parse_usd(sign_up.credit) <= 10**15
    except ValueError:
        good = False
    if not good:
        raise refuse("credit", "USD, from 0 on")
    if not sign_up.account_group.strip():
        raise refuse("account_group", "the name of a group")
    async with call.services.database.read() as connection:
        await refuse_unknown_account_group(connection, sign_up.account_group, "account_group")
    return await _put(call, SignUp, sign_up)


async def _put(call: Call, kind: type[Any], value: Any) -> SettingsView:
    before = await read_setting(call.services.database, kind)
    async with call.services.database.write() as connection:
        await next_epoch(connection, routing=False)
        await write_setting(connection, value)
        name = kind.__name__.lower()
        await record(connection, actor_of(call), "update", "setting", name, before, value)
    return await show(call)


async def put_auto_groups(call: Call) -> SettingsView:
    names = tuple(dict.fromkeys(call.body(AutoGroupsBody).groups))
    before = (await show(call)).auto_groups
    wanted = document(auto_groups=AutoGroupsWanted(0, names))
    subject = Subject("setting", _AUTO, {"groups": before}, {"groups": list(names)})
    await make_edit(call, wanted, subject)
    return await show(call)


async def test_letter(call: Call) -> None:
    """To the operator's own address."""
    if mail_server(call.services.settings) is None:
        raise Fault("conflict", reason="WAYSTATION_MAIL_URL and WAYSTATION_PUBLIC_URL are not set")
    call.services.sign_in.limit(f"letter {call.person.email}", 5)
    async with call.services.database.write() as connection:
        await write_letter(connection, call, "test", call.person.email, "")


async def list_announcements(call: Call) -> Page[AnnouncementView]:
    database, asked = call.services.database, call.query(PageQuery)
    return await all_by_id(database, announcements, asked, announcement_view)


def announcement_view(row: Any) -> AnnouncementView:
    return AnnouncementView(
        row.id,
        row.title,
        row.body,
        row.level,
        row.pinned,
        at(row.from_ms),
        at_or_none(row.until_ms),
        at(row.created_ms),
    )


def _values(body: AnnouncementBody) -> dict[str, Any]:
    return {
        "title": body.title,
        "body": body.body,
        "level": body.level,
        "pinned": body.pinned,
        "from_ms": now_ms() if body.from_at is None else ms_of(body.from_at),
        "until_ms": None if body.until_at is None else ms_of(body.until_at),
    }


async def announce(call: Call) -> AnnouncementView:
    values = {**_values(call.body(AnnouncementBody)), "created_ms": now_ms()}
    async with call.services.database.write() as connection:
        made = insert(announcements).values(values).returning(announcements)
        row = (await connection.execute(made)).one()
        actor = actor_of(call)
        await record(connection, actor, "create", "announcement", str(row.id), None, values)
    return announcement_view(row)


async def change_announcement(call: Call) -> AnnouncementView:
    """The whole of it."""
    mine = announcements.c.id == call.id("announcement", "announcement")
    values = _values(call.body(AnnouncementBody))
    async with call.services.database.write() as connection:
        done = update(announcements).where(mine).values(values).returning(announcements)
        row = (await connection.execute(done)).one_or_none()
        if row is None:
            raise Fault("not_found", kind="announcement")
        actor = actor_of(call)
        await record(connection, actor, "update", "announcement", str(row.id), None, values)
    return announcement_view(row)


async def drop_announcement(call: Call) -> None:
    number = call.id("announcement", "announcement")
    async with call.services.database.write() as connection:
        gone = await connection.execute(delete(announcements).where(announcements.c.id == number))
        if not gone.rowcount:
            raise Fault("not_found", kind="announcement")
        await record(connection, actor_of(call), "delete", "announcement", str(number))


async def list_audit(call: Call) -> Page[AuditView]:
    asked = call.query(AuditQuery)
    query = select(audit)
    if asked.actor_id:
        query = query.where(audit.c.actor_id == asked.actor_id)
    if asked.kind:
        query = query.where(audit.c.kind == asked.kind)
    if asked.subject:
        query = query.where(audit.c.subject == asked.subject)
    async with call.services.database.read() as connection:
        return await page_by_id(connection, query, audit.c.id, asked, _audited)


def _audited(row: Any) -> AuditView:
    return AuditView(
        row.id,
        at(row.at_ms),
        row.actor_id,
        row.actor,
        row.action,
        row.kind,
        row.subject,
        json.loads(row.before),
        json.loads(row.after),
        row.peer,
        row.request_id,
    )


ACTIONS = (
    Action(
        id="getSettings",
        method="GET",
        path="/api/v1/settings",
        role="operator",
        answer=show,
        tag="House",
        summary="Settings that change while it runs",
        summary_zh="运行时设置",
        reply=SettingsView,
    ),
    Action(
        id="putSiteSettings",
        method="PUT",
        path="/api/v1/settings/site",
        role="operator",
        answer=put_site,
        tag="House",
        summary="Name, logo, pages, display currency",
        summary_zh="站点名称、标志、页面与展示货币",
        body=Site,
        reply=SettingsView,
    ),
    Action(
        id="putSignUpSettings",
        method="PUT",
        path="/api/v1/settings/sign-up",
        role="operator",
        answer=put_sign_up,
        tag="House",
        summary="Who may register, and with what",
        summary_zh="注册方式与赠送额度",
        body=SignUp,
        reply=SettingsView,
    ),
    Action(
        id="putAutoGroups",
        method="PUT",
        path="/api/v1/settings/auto-groups",
        role="operator",
        answer=put_auto_groups,
        tag="House",
        summary="What `auto` stands for",
        summary_zh="设置 auto 对应的分组顺序",
        body=AutoGroupsBody,
        reply=SettingsView,
        codes=("managed_by_file",),
    ),
    Action(
        id="sendTestLetter",
        method="POST",
        path="/api/v1/settings/mail/test",
        role="operator",
        answer=test_letter,
        tag="House",
        summary="Write a letter to yourself",
        summary_zh="给自己发送测试邮件",
        codes=("conflict", "too_many_attempts"),
    ),
    Action(
        id="listAnnouncements",
        method="GET",
        path="/api/v1/announcements",
        role="operator",
        answer=list_announcements,
        tag="House",
        summary="All announcements",
        summary_zh="全部公告",
        query=PageQuery,
        reply=Page[AnnouncementView],
    ),
    Action(
        id="createAnnouncement",
        method="POST",
        path="/api/v1/announcements",
        role="operator",
        answer=announce,
        tag="House",
        summary="Announce something",
        summary_zh="发布公告",
        body=AnnouncementBody,
        reply=AnnouncementView,
        status=201,
    ),
    Action(
        id="putAnnouncement",
        method="PUT",
        path="/api/v1/announcements/{announcement}",
        role="operator",
        answer=change_announcement,
        tag="House",
        summary="Replace an announcement",
        summary_zh="修改公告",
        body=AnnouncementBody,
        reply=AnnouncementView,
    ),
    Action(
        id="deleteAnnouncement",
        method="DELETE",
        path="/api/v1/announcements/{announcement}",
        role="operator",
        answer=drop_announcement,
        tag="House",
        summary="Delete an announcement",
        summary_zh="删除公告",
    ),
    Action(
        id="listAudit",
        method="GET",
        path="/api/v1/audit",
        role="operator",
        answer=list_audit,
        tag="House",
        summary="Who changed what",
        summary_zh="审计日志",
        query=AuditQuery,
        reply=Page[AuditView],
    ),
)
