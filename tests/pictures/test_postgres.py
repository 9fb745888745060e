"""The same on PostgreSQL: schema, prices, stored rows, and books that balance."""

from pathlib import Path

import pytest

from tests.pictures.studio import CENT, b64, images, open_studio, png
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.rogue import Rogue
from waystation.control.apply import first_start
from waystation.settings import Settings

pytestmark = pytest.mark.untraced

__all__ = ["postgres_dsn", "postgres_server"]

PNG = png()


async def test_pictures_on_postgres(
    postgres_dsn: str, tmp_path: Path, near: Rogue, far: Rogue
) -> None:
    template = tmp_path / "template"
    await first_start(Settings(data=template, database=postgres_dsn))
    near.queue(
        images({"b64_json": b64(PNG)}, {"b64_json": b64(PNG)}),
        images({"b64_json": b64(b"<html>")}),
    )
    near.answer(images({"b64_json": b64(PNG)}))
    far.answer(images({"b64_json": b64(b"<html>")}))
    async with open_studio(template, tmp_path, near, far, database=postgres_dsn) as studio:
        two = await studio.draw(model="by-size", size="1024x1024", quality="hd", n=2)
        assert (await studio.row(two.request_id)).nanos == 16 * CENT
        none = await studio.draw()
        assert none.status == 502
        assert (await studio.row(none.request_id)).nanos == 0
        shipped = await studio.draw(model="dall-e-3", response_format="b64_json")
        assert shipped.status == 200, shipped.body
        row = await studio.row(shipped.request_id)
        assert row.nanos in (4 * CENT, 2 * CENT), "the official price, at the group's rate"
        page = await studio.gateway.site.artefacts.page(row.facts.account_id, "", 10)
        assert len(page.artefacts) == 3
