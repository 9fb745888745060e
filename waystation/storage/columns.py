"""What the tables of `main` are made of: their schema, and columns that come again and again."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Text,
    false,
    text,
    true,
)

SCHEMA = "main"
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER key

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def json_text(name: str, empty: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=empty)


def flag(name: str, on: bool) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=true() if on else false())


def count(name: str, first: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=str(first))


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def partial_index(name: str, *columns: str, of: str) -> Index:
    """An index of these rows only."""
    return Index(name, *columns, sqlite_where=text(of), postgresql_where=text(of))
