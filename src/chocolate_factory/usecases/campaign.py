"""The bookkeeping of one recovery, and the sentence that says what it proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.ports import Feed
from chocolate_factory.usecases.progress import Progress

#: After so many failures in one run an upstream is left alone until the next run.
STRIKES = 2


@dataclass
class Campaign:
    """One run's bookkeeping."""

    patience: float
    strikes: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[Feed, Interval]] = field(default_factory=list)
    by_route: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    failed_tasks: int = 0
    done: int = 0

    def report(self, progress: Progress, message: str, under_way: float) -> None:
        """Share done and totals so far; ``under_way``: slots of the present task that have been asked for."""
        total = sum(self.expected.values())
        share = (self.done + under_way) / total if total else 1.0
        progress.step(share, message, expected=total, filled=sum(self.filled.values()))

    def gave_up(self, upstream: str) -> bool:
        """Whether the upstream failed too often to be asked again now."""
        return self.strikes[upstream] >= STRIKES

    def who_filled(self, series: str, window: Interval) -> str:
        """The feed whose earlier answer in this run covered a hole of another series."""
        return next((f.name for f, w in self.asked if series in f.series and w.overlap(window)), "")


def summary(
    expected: Mapping[str, int], filled: Mapping[str, int], failures: Mapping[str, str], off: timedelta | None
) -> str:
    """One sentence: how long off, how many of how many by series, how many are missing upstream."""
    if not expected:
        return "Nothing was missing."
    parts = [f"{min(filled.get(s, 0), n)} of {n} {s}" for s, n in expected.items()]
    missing = sum(n - min(filled.get(s, 0), n) for s, n in expected.items())
    text = ", ".join(parts)
    if off is not None and off > HOUR:
        length = f"{off / DAY:.0f} days" if off >= 2 * DAY else f"{off / HOUR:.0f} h"
        text = f"{length} off: {text}"
    if missing:
        text += f", {missing} missing upstream"
    if failures:
        text += "; " + ", ".join(f"{name} ({why})" for name, why in failures.items())
    return text + "."
