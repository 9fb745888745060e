"""How many messages may be under way at once: in all, to one host, of one account. A receiver that
hangs keeps its own few places busy and nobody else's."""

from collections import Counter
from typing import Any

AT_ONCE_MAX = 128
AT_ONCE_PER_HOST = 8
AT_ONCE_PER_ACCOUNT = 16


def host_of(url: str) -> str:
    """Scheme, host and port, as they are written."""
    head = "/".join(url.split("/", 3)[:3])
    return head.partition("?")[0].partition("#")[0]


class Room:
    def __init__(self) -> None:
        self._hosts: Counter[str] = Counter()
        self._accounts: Counter[int] = Counter()
        self._all = 0

    @property
    def left(self) -> int:
        return AT_ONCE_MAX - self._all

    def take(self, url: str, account_id: int) -> bool:
        """False: there is none for this."""
        host = host_of(url)
        if self.left <= 0 or self._hosts[host] >= AT_ONCE_PER_HOST:
            return False
        if self._accounts[account_id] >= AT_ONCE_PER_ACCOUNT:
            return False
        self._hosts[host] += 1
        self._accounts[account_id] += 1
        self._all += 1
        return True

    def give(self, url: str, account_id: int) -> None:
        self._all -= 1
        _less(self._hosts, host_of(url))
        _less(self._accounts, account_id)

    @property
    def full_hosts(self) -> list[str]:
        return [host for host, count in self._hosts.items() if count >= AT_ONCE_PER_HOST]

    @property
    def full_accounts(self) -> list[int]:
        return [one for one, count in self._accounts.items() if count >= AT_ONCE_PER_ACCOUNT]


def _less(counts: Counter[Any], name: object) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]
