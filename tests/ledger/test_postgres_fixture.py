import asyncpg
import pytest


@pytest.mark.postgres
async def test_a_real_server_with_fsync(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname='x'") == 0
    finally:
        await connection.close()
