"""How far long work is, and whether it should stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chocolate_factory.domain.errors import StoppedError


@dataclass
class Progress:
    """Told by a deed, heard by the ledger or the terminal.

    Attributes:
        listener: called with share done (0..1), message and counts.
        counts: totals so far, by name.
        problems: one sentence for each part that failed while the rest went on.
        stopping: asked before each step; True ends the deed with ``StoppedError``.
    """

    listener: Callable[[float, str, dict[str, float]], None] = lambda _share, _message, _counts: None
    stopping: Callable[[], bool] = lambda: False
    counts: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    low: float = 0.0
    high: float = 1.0

    def step(self, share: float, message: str, **counts: float) -> None:
        """So far.

        Args:
            share: done, 0..1 of this part.
            counts: totals so far, by name.

        Raises:
            StoppedError: the service is stopping.
        """
        self.counts.update(counts)
        self.listener(self.low + (self.high - self.low) * min(1.0, max(0.0, share)), message, dict(self.counts))
        if self.stopping():
            raise StoppedError("The service is stopping; what was done is kept, the rest is taken up after the start.")

    def finish(self, message: str, **counts: float) -> None:
        """All of it. Unlike a step it never stops the deed: what is done is done."""
        self.counts.update(counts)
        self.listener(self.high, message, dict(self.counts))

    def problem(self, sentence: str) -> None:
        """A part failed; the rest goes on."""
        if sentence not in self.problems:
            self.problems.append(sentence)

    def part(self, low: float, high: float) -> Progress:
        """A progress whose 0..1 is this one's low..high."""
        span = self.high - self.low
        return Progress(
            self.listener, self.stopping, self.counts, self.problems, self.low + low * span, self.low + high * span
        )
