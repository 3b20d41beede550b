"""Fill what is missing, the most urgent first, and prove what was filled.

Invariants:
    Only the store decides whether a slot is filled: it is looked at again after every fetch.
    A gap behind an upstream that is down or empty never holds up the others.
    Cut off at any moment, nothing is lost: the next run starts from what the store then misses.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Query
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState, Recovery, Severity
from chocolate_factory.ports import AlertLedger, Clock, Feed, GapLedger, TimeSeriesStore
from chocolate_factory.quality.gaps import after_vain_try, in_order, is_due, missing_slots, reconcile, split
from chocolate_factory.usecases.bring import Bring, Brought
from chocolate_factory.usecases.campaign import STRIKES, Campaign, summary
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.routes import NO_HISTORY, route

log = structlog.get_logger(__name__)

RECOVERY_FAILED = "recovery-failed"


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
    ) -> None:
        self._store = store
        self._gaps = gaps
        self._alerts = alerts
        self._clock = clock
        self._feeds = feeds
        self._detect = detect
        self._bring = bring
        self._one_at_a_time = threading.Lock()
        self._pace: dict[str, float] = {}

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
        with self._one_at_a_time:
            began, started = self._clock.monotonic(), self._clock.now()
            tasks = self._tasks(windows, worth, insist=insist)
            run = Campaign(patience)
            for task in tasks:
                run.expected[task.series] += task.missing
            for task in tasks:
                self._fill(task, run, progress or Progress())
                run.done += task.missing
            return self._conclude(run, trigger, started, self._clock.monotonic() - began, off_since)

    def estimate_seconds(self, gaps: list[Gap]) -> float:
        """Seconds that filling would take, from the requests it needs and what requests have taken here."""
        now = self._clock.now()
        requests: defaultdict[str, set[tuple[datetime, int]]] = defaultdict(set)
        for gap in gaps:
            for piece in split(gap, now):
                feeds = route(piece.series, piece.window, self._feeds, now)
                if feeds and gap.state is not GapState.UNFILLABLE:
                    self._count_requests(feeds[0], piece, requests[feeds[0].name])
        return round(sum(len(r) * self._pace.get(name, 0.5) for name, r in requests.items()), 1)

    @staticmethod
    def _count_requests(feed: Feed, piece: Gap, requests: set[tuple[datetime, int]]) -> None:
        pieces = max(1, math.ceil(piece.window.duration / feed.longest))
        day = piece.window.start.replace(hour=0, minute=0)
        requests.update((day, i) for i in range(pieces))

    # ------------------------------------------------------------------ what to do
    def _tasks(self, windows: Mapping[str, Interval], worth: Callable[[Gap], bool], *, insist: bool) -> list[Gap]:
        now = self._clock.now()
        tasks: list[Gap] = []
        for series, window in windows.items():
            found = self._detect.missing(spec_of(series), window)
            chosen = [g.window for g in found if worth(g)]
            self._update_ledger(series, window, [p for g in found for p in split(g, now)], now)
            rows = [r for r in self._gaps.open_gaps() if r.series == series and r.source is None]
            tasks += [r for r in rows if any(r.window.overlap(w) for w in chosen) and (insist or is_due(r, now))]
        return in_order(tasks, now)

    def _update_ledger(self, series: str, window: Interval, pieces: list[Gap], now: datetime) -> None:
        held = [r for r in self._gaps.open_gaps() if r.series == series and r.source is None]
        for row in reconcile(pieces, held, window, now):
            self._gaps.save_gap(row)

    def record_own_holes(self, holes: list[Gap]) -> None:
        """Ledger rows for holes that no archive can close, so that they are on record as what they are."""
        known = {(g.series, g.source, g.window) for g in self._gaps.open_gaps()}
        now = self._clock.now()
        for hole in holes:
            if hole.source in NO_HISTORY and (hole.series, hole.source, hole.window) not in known:
                self._gaps.save_gap(replace(hole, opened_at=now))

    # ------------------------------------------------------------------ doing it
    def _fill(self, task: Gap, run: Campaign, progress: Progress) -> None:
        now = self._clock.now()
        before = self._missing(task)
        if not before:
            self._credit(task, task.missing, run.who_filled(task.series, task.window), run)
            self._end_filled(task, run.who_filled(task.series, task.window) or task.route or "already there")
            return
        feeds = route(task.series, task.window, self._feeds, now)
        if not feeds:
            why = "no source reaches that far" if self._feeds else "no source is configured"
            self._gaps.save_gap(replace(task, state=GapState.UNFILLABLE, why=why))
            return
        self._gaps.save_gap(replace(task, state=GapState.FILLING))
        errors: list[str] = []
        routes: list[str] = [r for r in task.route.split(" + ") if r]
        still = before
        for feed in feeds:
            errors += self._ask(feed, task, still, run, progress)
            left = self._missing(task)
            self._credit(task, len(still) - len(left), feed.name, run)
            if len(left) < len(still) and feed.name not in routes:
                routes.append(feed.name)
            still = left
            if not still:
                break
        self._close(replace(task, route=" + ".join(routes)), len(before), len(still), errors, run)

    def _ask(self, feed: Feed, task: Gap, missing: list[datetime], run: Campaign, progress: Progress) -> list[str]:
        """Fetch the chunks of a feed that hold missing slots; returns what went wrong."""
        reach = feed.reach(self._clock.now())
        wanted = [m for m in missing if m in reach]
        if not wanted:
            return []
        end = spec_of(task.series).end(wanted[-1])
        chunks = [c for c in Interval(wanted[0], end).chunks(feed.longest) if any(m in c for m in wanted)]
        errors: list[str] = []
        for i, chunk in enumerate(chunks):
            if run.gave_up(feed.upstream):
                return errors or [f"{feed.name}: {run.failures.get(feed.upstream, 'left alone')}"]
            run.report(progress, f"{feed.name} {chunk}", task.missing * i / len(chunks))
            brought = self._bring(feed, chunk, run.patience)
            self._learn(feed, brought, run)
            if brought.failed:
                errors.append(f"{feed.name}: {brought.error}")
                progress.problem(f"{feed.name} {chunk}: {brought.error}")
        return errors

    def _learn(self, feed: Feed, brought: Brought, run: Campaign) -> None:
        run.asked.append((feed, brought.window))
        mean = self._pace.get(feed.name, brought.seconds)
        self._pace[feed.name] = 0.8 * mean + 0.2 * brought.seconds
        if not brought.failed:
            run.strikes[feed.upstream] = 0
            return
        run.failures[feed.upstream] = brought.error
        if not brought.lied:  # a damaged month costs that month alone; silence or a refused key costs the run
            run.strikes[feed.upstream] += STRIKES if brought.refused else 1

    def _missing(self, task: Gap) -> list[datetime]:
        query = Query(task.series, task.window, kinds=self._detect.filling)
        present = {start for start, _ in self._store.starts(query)}
        return missing_slots(spec_of(task.series), task.window, present, self._clock.now())

    def _credit(self, task: Gap, count: int, feed: str, run: Campaign) -> None:
        if count > 0:
            run.filled[task.series] += count
            run.by_route[feed or "already there"] += count

    def _end_filled(self, task: Gap, feeds: str) -> None:
        now = self._clock.now()
        done = replace(
            task, state=GapState.FILLED, filled=task.missing, route=feeds, why="", next_try_at=None, closed_at=now
        )
        self._gaps.save_gap(done)

    def _close(self, task: Gap, before: int, still: int, errors: list[str], run: Campaign) -> None:
        if not still:
            self._end_filled(task, task.route)
            return
        now = self._clock.now()
        task = replace(task, filled=task.filled + before - still)
        if errors:
            run.failed_tasks += 1
            why = "; ".join(dict.fromkeys(errors))
            self._gaps.save_gap(replace(task, state=GapState.OPEN, why=why, next_try_at=None))
            return
        why = f"{still} of {task.missing} slots: the sources answered and have nothing"
        self._gaps.save_gap(after_vain_try(task, now, why))

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
            len(run.asked),
            round(seconds, 2),
            summary(run.expected, run.filled, run.failures, at - off_since if off_since else None),
            dict(run.by_route),
        )
        if expected:
            self._gaps.add_recovery(recovery)
            self._tell(recovery)
        log.info("recovery", trigger=trigger, expected=expected, filled=filled, seconds=recovery.seconds)
        return recovery

    def _tell(self, recovery: Recovery) -> None:
        if recovery.failed:
            self._alerts.raise_alert(
                RECOVERY_FAILED,
                Severity.WARNING,
                f"Recovery incomplete. {recovery.summary}",
                "The next check tries again by itself; see /health for the upstream that is down.",
            )
            return
        self._alerts.close_alert(RECOVERY_FAILED)
        if recovery.filled:
            cause = f"recovery-done:{recovery.at.isoformat(timespec='seconds')}"
            self._alerts.raise_alert(cause, Severity.INFO, f"Recovery done. {recovery.summary}", "Nothing to do.")
            self._alerts.close_alert(cause)
