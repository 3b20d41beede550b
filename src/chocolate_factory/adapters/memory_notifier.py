"""A ``Notifier`` that keeps what it is given: for trials, and as the shortest reading of the port."""

from __future__ import annotations

from collections.abc import Sequence

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.notice import Delivery, Fate, Message


class MemoryNotifier:
    """Keeps what arrives.

    Attributes:
        arrived: target and message, in order.
        answers: by target, how tries end from now on; one without an answer takes everything.
    """

    def __init__(self, *targets: str) -> None:
        self.targets: Sequence[str] = targets
        self.arrived: list[tuple[str, Message]] = []
        self.answers: dict[str, Delivery] = {}

    def send(self, target: str, message: Message) -> Delivery:
        """Try once."""
        if target not in self.targets:
            raise NotFoundError("target", target, f"one of {', '.join(self.targets)}")
        delivery = self.answers.get(target, Delivery(Fate.ARRIVED))
        if delivery.fate is Fate.ARRIVED:
            self.arrived.append((target, message))
        return delivery
