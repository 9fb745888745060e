"""What every message between gateways and the ledger is: a tagged array, by its tag `t`."""

import msgspec


class Message(msgspec.Struct, frozen=True, array_like=True, tag_field="t"):
    pass
