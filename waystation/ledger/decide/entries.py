"""Rows of the transfers table: which leg is debited and which credited, by kind.

pending, extend   customer:available → customer:held
post              customer:held → house:revenue (amount); the hold's whole sum leaves customer:held
                  with it (held_nanos), the difference going to or coming from customer:available
void, expire      customer:held → customer:available
topup             house:float ↔ customer:available; grant, refund, adjust, opening likewise
"""

from typing import Literal

from waystation.ledger.messages import TransferKind
from waystation.ledger.state import Changes, OpenHold, State, TransferRow

AVAILABLE = "customer:available"
HELD = "customer:held"
REVENUE = "house:revenue"
SOURCES: dict[TransferKind, str] = {
    "topup": "house:float",
    "grant": "house:grants",
    "refund": REVENUE,
    "adjust": "house:adjustments",
    "opening": "house:opening",
}


def pend(
    state: State,
    changes: Changes,
    hold: OpenHold,
    kind: Literal["pending", "extend"],
    nanos: int,
    now_ms: int,
) -> int:
    """Returns the row's n."""
    n = state.transfer_n = state.transfer_n + 1
    changes.transfers.append(
        TransferRow(
            n, hold.account_id, hold.id, hold.id, hold.seq, kind, AVAILABLE, HELD, nanos, 0, True,
            hold.facts.price_version, None if kind == "pending" else hold.n, 0, "", now_ms,
        )
    )  # fmt: skip
    return n


def resolve(
    state: State,
    changes: Changes,
    hold: OpenHold,
    kind: Literal["post", "void", "expire"],
    nanos: int,
    exact: bool,
    loss: int,
    price_version: str,
    now_ms: int,
) -> None:
    """nanos: posted; of a void everything held goes back. loss: used, but paid by nobody."""
    n = state.transfer_n = state.transfer_n + 1
    credit = REVENUE if kind == "post" else AVAILABLE
    amount = nanos if kind == "post" else hold.nanos
    changes.transfers.append(
        TransferRow(
            n, hold.account_id, hold.id, hold.id, 0, kind, HELD, credit, amount, hold.nanos, exact,
            price_version, hold.n, loss, "", now_ms,
        )
    )  # fmt: skip


def move(
    state: State,
    changes: Changes,
    account_id: int,
    transfer_id: str,
    kind: TransferKind,
    nanos: int,
    short_nanos: int,
    note: str,
    now_ms: int,
) -> None:
    """Money by people. nanos < 0 leaves the customer."""
    n = state.transfer_n = state.transfer_n + 1
    source = SOURCES[kind]
    debit, credit = (source, AVAILABLE) if nanos >= 0 else (AVAILABLE, source)
    changes.transfers.append(
        TransferRow(
            n, account_id, transfer_id, None, 0, kind, debit, credit, abs(nanos), 0, True, "",
            None, short_nanos, note, now_ms,
        )
    )  # fmt: skip
