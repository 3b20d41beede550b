"""The ways to people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chocolate_factory.domain.notice import Delivery, Message, Notice


class Outbox(Protocol):
    """What is told to people, and whether it arrived; of several brains on one ledger one sends.

    Invariants:
        A key is told to a target by one notice. What one brain has claimed no other gets while its lease runs, and the
        lease runs by the database's clock: neither a brain's own clock nor a trial's can end it early.
    """

    def add(self, notices: Iterable[Notice]) -> int:
        """Put in those whose key and target are new; how many that were."""
        ...

    def notices(self, keys: Collection[str]) -> list[Notice]:
        """Those of these keys, in the order they were put in."""
        ...

    def last_sent(self) -> Mapping[str, datetime]:
        """By target, when the last notice arrived."""
        ...

    def due(self, targets: Collection[str], now: datetime) -> int:
        """How many there are to deal with for these targets; cheap."""
        ...

    def claim(self, target: str, now: datetime, lease_s: float) -> list[Notice]:
        """What to send next: one that must not come twice alone, or every other that waits once one of them is due.

        A claim that was left to run out is open again, but for those that must not come twice.
        """
        ...

    def settle(self, notices: Iterable[Notice]) -> None:
        """How they are after a try; the claim ends."""
        ...

    def cut_off(self, target: str) -> list[Notice]:
        """Those that must not come twice and whose claim ran out; from now on, and told to one caller, unsure."""
        ...

    def forget(self, before: datetime, keep: Collection[str] = ()) -> int:
        """Retention: drop those made before, but for some keys; returns how many."""
        ...


class Notifier(Protocol):
    """Ways to people outside: chat, e-mail, telephone.

    Invariants:
        A target's name, an error and a log line show nothing of its address: the address is a secret.
        ``send`` makes one try and takes less than a minute.
    """

    @property
    def targets(self) -> Sequence[str]:
        """The names, in the order of the setting; the same address has the same name in every process."""
        ...

    def send(self, target: str, message: Message) -> Delivery:
        """Try once. Raises ``NotFoundError`` for a name that is none of ``targets``."""
        ...
