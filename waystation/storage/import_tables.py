"""What was brought over from another system, in `main`: so that nothing is brought over twice."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from waystation.storage.columns import count, metadata, words

imports = Table(
    "imports",
    # One row for each thing that was judged. our_id: of our row. units, nanos: of an account its
    # balance there, and what it was opened with here (with what its imported log rows cost).
    # kind username: what somebody signed in with there. state: of a log, how far it has come.
    metadata,
    Column("origin", Text, primary_key=True),  # which system, as the operator calls it
    Column("kind", Text, primary_key=True),  # user, username, token, channel, code, log
    Column("foreign_id", Text, primary_key=True),
    Column("our_id", BigInteger),
    count("units"),
    count("nanos"),
    words("state"),
    count("created_ms"),
    Index(None, "kind", "foreign_id"),
)
