"""The bookkeeping of one recovery, and the sentence that says what it proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.ports import Feed
from chocolate_factory.usecases.bring import Brought
from chocolate_factory.usecases.progress import Progress

#: After so many failures in one run an upstream is left alone until the next run.
STRIKES = 2


@dataclass
class Troubles:
    """What stood in the way of one task.

    Attributes:
        failed: one sentence for each feed that did not answer as it should.
        kept_out: why values that came were no values.
    """

    failed: list[str] = field(default_factory=list)
    kept_out: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Why slots are missing although nobody failed."""
        if self.kept_out:
            return f"what came was kept out ({self.kept_out[0]})"
        return "the sources answered and have nothing"


@dataclass
class Campaign:
    """One run's bookkeeping.

    Attributes:
        heard: every answer, with the feed that gave it.
        failures: the last failure of each upstream.
        done: slots of the tasks that are over.
    """

    patience: float
    heard: list[tuple[Feed, Brought]] = field(default_factory=list)
    strikes: Counter[str] = field(default_factory=Counter)
    by_route: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    failed_tasks: int = 0
    done: int = 0
    share: float = 0.0

    def report(self, progress: Progress, message: str, under_way: float) -> None:
        """Share done, which never falls, and totals so far.

        Args:
            under_way: slots of the present task that have been asked for; a second route asks for them again.
        """
        total = sum(self.expected.values())
        self.share = max(self.share, (self.done + under_way) / total if total else 1.0)
        progress.step(self.share, message, expected=total, filled=sum(self.filled.values()))

    def hear(self, feed: Feed, brought: Brought) -> None:
        """Keep an answer, and count the failures that follow each other."""
        self.heard.append((feed, brought))
        if not brought.failed:
            self.strikes[feed.upstream] = 0
            return
        self.failures[feed.upstream] = brought.error
        if not brought.lied:  # a damaged month costs that month alone; silence or a refused key costs the run
            self.strikes[feed.upstream] += STRIKES if brought.refused else 1

    def gave_up(self, upstream: str) -> bool:
        """Whether the upstream failed too often to be asked again now."""
        return self.strikes[upstream] >= STRIKES

    def answer(self, feed: Feed, window: Interval) -> Brought | None:
        """What a feed answered in this run, for another series, about all of a window.

        Its failure too: it has been asked three times over by then, and a month that breaks off is to cost that month
        alone, not a strike for each of its series.
        """
        said = (b for f, b in self.heard if f.name == feed.name)
        return next((b for b in said if b.window.overlap(window) == window), None)

    def who_filled(self, series: str, window: Interval) -> str:
        """The feed whose earlier answer in this run gave values of a series in a window, or nothing."""
        giving = (f.name for f, b in self.heard if series in f.series and b.found and b.window.overlap(window))
        return next(giving, "")


def summary(
    expected: Mapping[str, int], filled: Mapping[str, int], failures: Mapping[str, str], off: timedelta | None
) -> str:
    """One sentence: how long off, how many of how many by series, how many are missing upstream and who failed."""
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
    if missing and failures:
        text += "; " + ", ".join(f"{name} ({why})" for name, why in failures.items())
    return text + "."
