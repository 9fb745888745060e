"""The handler of the picture routes: bodies as JSON or as a form, then the relay path."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from typing import Protocol

from waystation.dialects.operation import Request
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.pictures.parse import ParsedForm, fields_of_form
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.call import Call
from waystation.edge.content_type import multipart_boundary, refuse_unless_json
from waystation.edge.pictures.inputs import check
from waystation.edge.pictures.tasks import BecomesTask, asks_for_task, begin_task, is_async_form
from waystation.edge.pictures.uploaded import uploaded_picture
from waystation.edge.relay import Parse, Relay
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.edge.upload_form import FormHolder, UploadForm

Headers = Callable[[str], str | None]


class ParseForm(Protocol):
    """A dialect's reading of a form. Raises Fault (400)."""

    def __call__(self, form: ParsedForm) -> PictureOperation: ...


class PictureRelay(Relay):
    """path: of the route. parse: of a JSON body. parse_form: of multipart/form-data, None where
    it is not taken."""

    __slots__ = ("_parse_form", "_path")

    def __init__(
        self,
        site: Site,
        path: str,
        parse: Parse,
        parse_form: ParseForm | None,
        dialect: str = "openai_chat",
    ) -> None:
        super().__init__(site, dialect, parse, site.settings.body_bytes_max, repeats=True)
        self._path = path
        self._parse_form = parse_form

    async def __call__(self, call: Call) -> None:
        if self._parse_form is None or not _is_form(call):
            try:
                await super().__call__(call)
            except BecomesTask as task:
                await begin_task(self._site, call, self._dialect, self._path, task)
            return
        # What was spooled is given back as soon as the request has ended, however it did.
        with closing(FormHolder[PictureInput]()) as forms:
            story = Story(self._site, call, self._dialect)
            try:
                await self._run(story, partial(self._read_form, forms))
            except BecomesTask as task:
                await begin_task(self._site, call, self._dialect, self._path, task)

    async def _read(self, call: Call) -> tuple[Request, str | None]:
        refuse_unless_json(call.header("content-type"))
        body = await call.read(self._body_bytes_max, self._site.settings.body_seconds_max)
        if asks_for_task(call, body):
            raise BecomesTask(body)
        digest = sha256(body).hexdigest() if call.header("idempotency-key") else None
        return self._parse(body, call.header), digest

    async def _read_form(
        self, forms: FormHolder[PictureInput], call: Call
    ) -> tuple[Request, str | None]:
        site = self._site
        settings = site.settings
        boundary = multipart_boundary(call.header("content-type"))
        most = settings.picture_bytes_max
        form = UploadForm(boundary, most, uploaded_picture, call.hold_body)
        forms.form = form
        hashed = sha256() if call.header("idempotency-key") else None

        def take(data: bytes) -> None:
            if hashed is not None:
                hashed.update(data)
            form.take(data)

        await call.read(settings.upload_bytes_max, settings.upload_seconds_max, take)
        await form.finish()
        if is_async_form(call, form.texts):
            raise BecomesTask(b"", form, "" if hashed is None else hashed.hexdigest())
        assert self._parse_form is not None
        operation = self._parse_form((fields_of_form(form.texts), form.files))
        if not operation.references:
            await check(site, operation)  # all is here: what cannot be is told before money is held
        return operation, None if hashed is None else hashed.hexdigest()


def _is_form(call: Call) -> bool:
    return (call.header("content-type") or "")[:10].lower() == "multipart/"
