"""Random but plausible commands: repeats, races, wrong ids, deaths, policies, money."""

import random
from collections.abc import Callable

from tests.ledger.scene import NOW_MS, account, facts, hold, post, row, token, void
from waystation.ledger.books import KeepLease, Lose, Posted, SweepAbsent, SweepBoot
from waystation.ledger.messages import (
    Checkpoint,
    Extend,
    GiveSlot,
    Hello,
    Hold,
    Note,
    Sent,
    TakeSlot,
    Transfer,
)
from waystation.ledger.policies import Budget, Limits, PutGroup
from waystation.ledger.questions import AskAccount, AskAudit, AskRow, AskToken, AskVersions

GATEWAYS = ("g1", "g2", "g3")
GROUPS = ("default", "slow")


class Scenario:
    """Batches of commands for `accounts` accounts of two tokens each, from one seed."""

    def __init__(self, seed: int, accounts: int = 3) -> None:
        self.chance = random.Random(seed)
        self.accounts = accounts
        self.now_ms = NOW_MS
        self.holds: list[Hold] = []
        self.numbers = iter(range(1, 10**9))
        self.version = 1

    def opening(self) -> list[Posted]:
        commands: list[Posted] = []
        for number in range(1, self.accounts + 1):
            commands += [
                self._by("", account(number)),
                self._by("", Transfer(number, "opening", "opening", 50_000)),
                self._by("", token(number * 10, number, limits=Limits(rpm=200, tpm=9_000))),
                self._by("", token(number * 10 + 1, number, budget=Budget(day=20_000))),
            ]
        commands.append(self._by("", PutGroup("slow", 1, Limits(concurrency=3))))
        return commands

    def batch(self) -> list[Posted]:
        self.now_ms += self.chance.choice((0, 1, 7, 350, 4_000, 61_000, 7 * 3_600_000))
        return [self.command() for _ in range(self.chance.randint(1, 12))]

    def command(self) -> Posted:
        kinds: list[tuple[Callable[[], Posted], int]] = [
            (self.hold, 30),
            (self.resolve, 24),
            (self.extend, 8),
            (self.told, 10),
            (self.people, 5),
            (self.policy, 3),
            (self.death, 3),
            (self.question, 6),
            (self.note, 2),
            (self.slot, 4),
        ]
        makers, weights = zip(*kinds, strict=True)
        made: Posted = self.chance.choices(makers, weights)[0]()
        return made

    def _by(self, gateway: str, command: object) -> Posted:
        return Posted(gateway, "b1", command)  # type: ignore[arg-type]

    def _gateway(self) -> str:
        return self.chance.choice(GATEWAYS)

    def _some_hold(self) -> Hold:
        if not self.holds or self.chance.random() < 0.03:
            return hold("nobody")
        recent = self.holds[-12:] if self.chance.random() < 0.8 else self.holds
        return self.chance.choice(recent)

    def hold(self) -> Posted:
        chance = self.chance
        if self.holds and chance.random() < 0.1:
            return self._by(self._gateway(), self._some_hold())
        number = next(self.numbers)
        account_id = chance.randint(1, self.accounts)
        token_id = account_id * 10 + chance.randint(0, 1)
        nanos = chance.choice((0, 10, 900, 4_000, 30_000))
        asked = hold(
            f"h{number:06d}",
            nanos,
            account=account_id if chance.random() < 0.97 else 99,
            token=token_id,
            nanos_floor=chance.choice((nanos, nanos // 10)),
            tokens=chance.choice((0, 50, 3_000)),
            sent=chance.random() < 0.5,
            group=chance.choice(GROUPS),
            owner="task" if chance.random() < 0.15 else "gateway",
            idempotency=(chance.choice("abc"), chance.choice("xy"))
            if chance.random() < 0.15
            else None,
            facts=facts(
                request_id=f"gen-{number:06d}",
                account_id=account_id,
                token_id=token_id,
                created_ms=self.now_ms,
            ),
        )
        self.holds.append(asked)
        return self._by(self._gateway(), asked)

    def resolve(self) -> Posted:
        asked = self._some_hold()
        if self.chance.random() < 0.3:
            return self._by(self._gateway(), void(asked))
        nanos = self.chance.choice((0, 5, asked.nanos, asked.nanos * 2, asked.nanos // 3, 80_000))
        return self._by(
            self._gateway(),
            post(
                asked, nanos, exact=self.chance.random() < 0.7, tokens=self.chance.randint(0, 4000)
            ),
        )

    def extend(self) -> Posted:
        seq, nanos = self.chance.randint(1, 3), self.chance.choice((1, 500, 20_000))
        return self._by(self._gateway(), Extend(self._some_hold().id, seq, nanos))

    def told(self) -> Posted:
        hold_id = self._some_hold().id
        if self.chance.random() < 0.5:
            return self._by(self._gateway(), Sent(hold_id, self.chance.random() < 0.6))
        return self._by(self._gateway(), Checkpoint(hold_id, self.chance.randint(0, 40_000)))

    def people(self) -> Posted:
        account_id = self.chance.randint(1, self.accounts)
        if self.chance.random() < 0.3:
            hold_id = self._some_hold().id
            nanos = self.chance.choice((5, 300, 4_000))
            return self._by("", Transfer(account_id, f"refund:{hold_id}", "refund", nanos))
        name = f"t{self.chance.randint(1, 40)}"
        nanos = self.chance.choice((-60_000, -100, 1_000, 25_000))
        return self._by("", Transfer(account_id, name, "adjust", nanos))

    def policy(self) -> Posted:
        chance = self.chance
        self.version += chance.choice((0, 1))
        account_id = chance.randint(1, self.accounts)
        enabled = chance.random() < 0.9
        limits = Limits(
            chance.choice((0, 5, 300)), chance.choice((0, 8_000)), chance.choice((0, 4))
        )
        budget = Budget(
            total=chance.choice((None, 200_000)),
            week=chance.choice((None, 60_000)),
            month=chance.choice((None, 90_000)),
        )
        floor = chance.choice((0, 0, -3_000, 9_000))
        put = [
            account(account_id, self.version, enabled, limits, budget, floor),
            token(account_id * 10, account_id, self.version, enabled, None, limits, budget),
            PutGroup(chance.choice(GROUPS), self.version, limits),
        ]
        return self._by("", chance.choice(put))

    def death(self) -> Posted:
        gateway = self._gateway()
        held = tuple(asked.id for asked in self.holds[-6:] if self.chance.random() < 0.5)
        return self._by(
            gateway,
            self.chance.choice(
                (Lose(gateway), Hello(gateway, "b1", held), SweepBoot("b1"), KeepLease(),
                 SweepAbsent(GATEWAYS[:2]))
            ),
        )  # fmt: skip

    def question(self) -> Posted:
        account_id = self.chance.randint(1, self.accounts + 1)
        name = f"q{next(self.numbers)}"
        ask = (
            AskAccount(name, account_id),
            AskToken(name, account_id, account_id * 10),
            AskToken(name, account_id, account_id * 10, NOW_MS + 1_000, self.now_ms - 500),
            AskRow(name, account_id, self._some_hold().facts.request_id),
            AskVersions(name),
            AskAudit(name),
        )
        return self._by("", self.chance.choice(ask))

    def note(self) -> Posted:
        return self._by(self._gateway(), Note(row(self._some_hold(), status=429, end="refused")))

    def slot(self) -> Posted:
        name = f"s{self.chance.randint(1, 9)}"
        if self.chance.random() < 0.5:
            return self._by(self._gateway(), GiveSlot(name))
        return self._by(self._gateway(), TakeSlot(name, 1, 2, 3, 2, 0, 40))
