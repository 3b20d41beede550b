"""Fill what is missing, the most urgent first, and prove what was filled.

Invariants:
    Only the store decides whether a slot is filled: it is looked at again after every fetch.
    A gap behind an upstream that is down or empty never holds up the others.
    Cut off at any moment, nothing is lost: the next run starts from what the store then misses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from chocolate_factory.domain.alarms.data import RECOVERY_DONE, RECOVERY_FAILED
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Query
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState, Recovery
from chocolate_factory.ports import AlertLedger, Clock, Feed, GapLedger, Memo, TimeSeriesStore, Turn
from chocolate_factory.quality.gaps import (
    ALREADY_THERE,
    GIVE_UP_ATTEMPTS,
    after_vain_try,
    fallen_apart,
    filled_up,
    missing_slots,
)
from chocolate_factory.usecases.bring import Bring, Brought
from chocolate_factory.usecases.campaign import Campaign, Troubles, summary
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.pace import Pace
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.routes import requests, route
from chocolate_factory.usecases.rows import Rows
from chocolate_factory.usecases.tell import tell

log = structlog.get_logger(__name__)

NO_SOURCE = "no source is configured"


class Repair:
    """The deed, with its ports."""

    def __init__(
        self,
        store: TimeSeriesStore,
        gaps: GapLedger,
        alerts: AlertLedger,
        clock: Clock,
        feeds: Mapping[str, Feed],
        detect: Detect,
        bring: Bring,
        memo: Memo,
        turn: Turn,
    ) -> None:
        self._store = store
        self._gaps = gaps
        self._alerts = alerts
        self._clock = clock
        self._feeds = feeds
        self._detect = detect
        self._bring = bring
        self._rows = Rows(gaps, detect, clock, feeds)
        self._turn = turn
        self._pace = Pace(memo)

    def __call__(
        self,
        windows: Mapping[str, Interval],
        *,
        trigger: str,
        worth: Callable[[Gap], bool] = lambda _gap: True,
        insist: bool = False,
        patience: float = 90.0,
        progress: Progress | None = None,
        off_since: datetime | None = None,
    ) -> Recovery:
        """One run.

        Args:
            windows: where to look, by series.
            trigger: who asked, for the record.
            worth: which gaps to fill; the others stay open.
            insist: somebody asked by hand: also those that are waiting for their next try or were given up.
            patience: seconds that one request may take with its retries and waits.
            off_since: when the machine was last alive, for the sentence.

        Raises:
            StoreError: the store or the ledger cannot serve.
            StoppedError: the service is stopping.
        """
        with self._turn.take(wait=True):
            began, started = self._clock.monotonic(), self._clock.now()
            tasks = self._rows.due(windows, worth, insist=insist)
            run, progress = Campaign(patience), progress or Progress()
            for task in tasks:
                run.expected[task.series] += task.missing
            for task in tasks:
                run.report(progress, f"{task.series} {task.window}", 0.0)  # here a stopping service ends the run
                self._fill(task, run, progress)
                run.done += task.missing
            recovery = self._conclude(run, trigger, started, self._clock.monotonic() - began, off_since)
            progress.finish(recovery.summary, expected=recovery.expected, filled=recovery.filled)
            return recovery

    def estimate_seconds(self, gaps: list[Gap]) -> float:
        """Seconds that filling would take."""
        return self._pace.estimate(gaps, self._feeds, self._clock.now())

    def record_own_holes(self, holes: list[Gap]) -> None:
        """Put holes that no archive can close on record.

        Args:
            holes: all those between the first and the last of them, by ``Detect``.
        """
        with self._turn.take(wait=True):
            self._rows.record_own_holes(holes)

    # ------------------------------------------------------------------ doing it
    def _fill(self, task: Gap, run: Campaign, progress: Progress) -> None:
        still = self._missing(task)
        task = self._credit(task, task.missing - len(still), run.who_filled(task.series, task.window), run)
        if not still:
            self._gaps.save_gap(filled_up(task, self._clock.now()))
            return
        feeds = route(task.series, task.window, self._feeds, self._clock.now())
        if not feeds:
            self._gaps.save_gap(_without_source(task, "no source reaches that far" if self._feeds else NO_SOURCE))
            return
        self._gaps.save_gap(replace(task, state=GapState.FILLING))
        troubles = Troubles()
        for feed in feeds:
            self._ask(feed, task, still, run, troubles, progress)
            left = self._missing(task)
            task = self._credit(task, len(still) - len(left), feed.name, run)
            still = left
            if not still:
                break
        self._close(task, still, troubles, run)

    def _ask(
        self, feed: Feed, task: Gap, missing: list[datetime], run: Campaign, troubles: Troubles, progress: Progress
    ) -> None:
        """Fetch the chunks of a feed that hold missing slots."""
        reach = feed.reach(self._clock.now())
        wanted = [m for m in missing if m in reach]
        if not wanted:
            return
        whole = Interval(wanted[0], spec_of(task.series).end(wanted[-1]))
        chunks = [c for c in requests(feed, whole) if any(m in c for m in wanted)]
        for i, chunk in enumerate(chunks):
            if run.gave_up(feed.upstream):
                troubles.failed.append(f"{feed.name}: {run.failures[feed.upstream]}")
                return
            run.report(progress, f"{feed.name} {chunk}", task.missing * i / len(chunks))
            brought = run.answer(feed, chunk) or self._fetch(feed, chunk, run)
            if brought.failed:
                troubles.failed.append(f"{feed.name}: {brought.error}")
                progress.problem(f"{feed.name} {chunk}: {brought.error}")
            own = (r for r in brought.rejected if r.observation.series == task.series)
            troubles.kept_out += [r.reason for r in own if r.observation.start in task.window]

    def _fetch(self, feed: Feed, chunk: Interval, run: Campaign) -> Brought:
        brought = self._bring(feed, chunk, run.patience)
        run.hear(feed, brought)
        self._pace.learn(feed.name, brought.seconds)
        return brought

    def _missing(self, task: Gap) -> list[datetime]:
        query = Query(task.series, task.window, kinds=self._detect.filling)
        present = {start for start, _ in self._store.starts(query)}
        return missing_slots(spec_of(task.series), task.window, present, self._clock.now())

    @staticmethod
    def _credit(task: Gap, count: int, feed: str, run: Campaign) -> Gap:
        """Count what a feed filled; the task with the feed in its route."""
        if count <= 0:
            return task
        run.filled[task.series] += count
        run.by_route[feed or ALREADY_THERE] += count
        routes = dict.fromkeys([*task.route.split(" + "), feed or ALREADY_THERE])
        return replace(task, route=" + ".join(r for r in routes if r))

    def _close(self, task: Gap, still: list[datetime], troubles: Troubles, run: Campaign) -> None:
        """Put the outcome on record: filled, to be tried again at once or later, or given up."""
        now = self._clock.now()
        if len(still) < task.missing:
            task = replace(task, attempts=0)  # a try that filled something was not in vain
        if still and troubles.failed:
            run.failed_tasks += 1
            why = "; ".join(dict.fromkeys(troubles.failed))
            task = replace(task, state=GapState.OPEN, why=why, next_try_at=None)
        elif still:
            task = after_vain_try(task, now, troubles.sentence)
        for row in fallen_apart(task, still, now):
            self._gaps.save_gap(row)

    # ------------------------------------------------------------------ what it proved
    def _conclude(
        self, run: Campaign, trigger: str, at: datetime, seconds: float, off_since: datetime | None
    ) -> Recovery:
        expected, filled = sum(run.expected.values()), sum(run.filled.values())
        recovery = Recovery(
            at,
            trigger,
            expected,
            min(filled, expected),
            run.failed_tasks,
            len(run.heard),
            round(seconds, 2),
            summary(run.expected, run.filled, run.failures, at - off_since if off_since else None),
            dict(run.by_route),
        )
        if expected:
            self._gaps.add_recovery(recovery)
            self._tell(recovery)
        if not any(g.state is GapState.OPEN and g.why for g in self._gaps.open_gaps()):
            # nothing is open any more that an upstream failed to give
            self._alerts.close_alert(RECOVERY_FAILED.about())
        log.info("recovery", trigger=trigger, expected=expected, filled=filled, seconds=recovery.seconds)
        return recovery

    def _tell(self, recovery: Recovery) -> None:
        if recovery.failed:
            tell(self._alerts, RECOVERY_FAILED.trouble(f"Recovery incomplete. {recovery.summary}"))
        elif recovery.filled:
            when = recovery.at.isoformat(timespec="seconds")
            tell(self._alerts, RECOVERY_DONE.trouble(f"Recovery done. {recovery.summary}", when))


def _without_source(task: Gap, why: str) -> Gap:
    """Unfillable while nobody can be asked; short of given up, so that it is tried once somebody can."""
    return replace(task, state=GapState.UNFILLABLE, why=why, attempts=min(task.attempts, GIVE_UP_ATTEMPTS - 1))
