"""Which function decides which command."""

from collections.abc import Callable, Sequence
from typing import Any

from waystation.ledger.books import KeepLease, Lose, Posted, SweepAbsent, SweepBoot
from waystation.ledger.decide import (
    deaths,
    holds,
    places,
    policies,
    recalls,
    resolutions,
    transfers,
)
from waystation.ledger.messages import (
    Checkpoint,
    Decision,
    Extend,
    GiveSlot,
    Hello,
    Hold,
    Note,
    Recall,
    Resolve,
    Sent,
    TakeSlot,
    Transfer,
)
from waystation.ledger.policies import PutAccount, PutGroup, PutToken
from waystation.ledger.state import Changes, State

# Each entry takes (state, changes, posted, its command, now_ms); the key is the command's type,
# which a dict of callables cannot say.
Decider = Callable[[State, Changes, Posted, Any, int], Decision | None]

DECIDERS: dict[type, Decider] = {
    Hold: holds.admit,
    Extend: holds.extend,
    Sent: holds.tell_sent,
    Checkpoint: holds.checkpoint,
    Resolve: resolutions.resolve,
    Note: resolutions.note,
    TakeSlot: places.take,
    GiveSlot: places.give,
    Hello: deaths.hello,
    Lose: deaths.lose,
    SweepBoot: deaths.sweep_boot,
    SweepAbsent: deaths.sweep_absent,
    KeepLease: deaths.sweep_nodes,
    PutAccount: policies.put_account,
    PutToken: policies.put_token,
    PutGroup: policies.put_group,
    Transfer: transfers.transfer,
    Recall: recalls.recall,
}


def decide(
    state: State, batch: Sequence[Posted], now_ms: int
) -> tuple[list[Decision | None], Changes]:
    """Changes the state in place, and nothing else; questions get None."""
    changes = Changes()
    decisions: list[Decision | None] = []
    for posted in batch:
        decider = DECIDERS.get(type(posted.command))
        if decider is None:
            decisions.append(None)
        else:
            decisions.append(decider(state, changes, posted, posted.command, now_ms))
    return decisions, changes
