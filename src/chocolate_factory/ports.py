"""The doors to the world, on one page.

Each has one contract suite under ``tests/contract`` that every adapter passes, the in-memory one included.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from chocolate_factory.domain.alarms import Cause
from chocolate_factory.domain.models import Alias, Deed, MadeModel, ModelEvent, ModelName, ModelVersion, RegistryState
from chocolate_factory.domain.notice import Delivery, Message, Notice
from chocolate_factory.domain.plan_record import PlanRecord, StockCount
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.retention import Kept
from chocolate_factory.domain.savings import Chapter, SavedDay
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query, StreamSummary, WriteCount
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import (
    Alert,
    AlertState,
    Check,
    Gap,
    GapState,
    Job,
    KeyStatus,
    Outcome,
    Recovery,
    Run,
    ScheduledJob,
    Severity,
)


class Clock(Protocol):
    """Time itself. Trials move it; production never does."""

    def now(self) -> datetime:
        """The present, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the service is stopping."""
        ...


class Memo(Protocol):
    """Small facts, as JSON values, that the processes of one brain share and that survive a restart."""

    def recall(self, name: str) -> Any:
        """What was noted; None where nothing was."""
        ...

    def note(self, name: str, value: Any) -> None:
        """Remember it."""
        ...

    def change(self, name: str, change: Callable[[Any], Any]) -> Any:
        """Make a new fact of the old one, nobody else in between; the new one."""
        ...


class Turn(Protocol):
    """What one may do at a time, of all threads and processes of this brain; a holder that dies has let go."""

    def take(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Whether the turn was given; it lasts as long as the block. With ``wait`` it always is, in the end."""
        ...


class Feed(Protocol):
    """One thing that an upstream offers: prices, demand, observations, an archive.

    ``fetch`` is I/O and hands the body to a pure ``parse``. It returns only what the upstream said, each value with
    its source, kind and times; nothing is filled in.
    """

    @property
    def name(self) -> str:
        """Unique, ``upstream.what``, e.g. ``ree.prices``."""
        ...

    @property
    def upstream(self) -> str:
        """Whose pacing and health it shares, e.g. ``ree``."""
        ...

    @property
    def series(self) -> frozenset[str]:
        """The catalogue's names it can give."""
        ...

    @property
    def longest(self) -> timedelta:
        """The longest window that one ``fetch`` takes."""
        ...

    def reach(self, now: datetime) -> Interval:
        """The slots that it can give at that moment; outside there is no use in asking."""
        ...

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """What it has in the window.

        Args:
            window: slots that begin inside it; at most ``longest``.
            patience: seconds that retries and waits for the pacing may take in all.

        Raises:
            UpstreamError: one of its four leaves.
        """
        ...


class KeyedUpstream(Protocol):
    """An upstream that wants a key."""

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        """What is known of the key; ``check`` asks the upstream."""
        ...


class TimeSeriesStore(Protocol):
    """Observations, kept with every revision.

    Invariants:
        Writing the same observation twice changes nothing. A different value for a slot is a revision: the old one
        stays, and the new one counts as published no earlier than it was received. What ``write`` returned for is
        durable.
    """

    @property
    def backend(self) -> str:
        """Which one, in a word: ``sqlite``, ``memory``, ``influxdb``."""
        ...

    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert, all or nothing for each call."""
        ...

    def read(self, query: Query) -> list[Observation]:
        """For each slot and stream (source and kind) the newest value known, ordered by start."""
        ...

    def revisions(self, query: Query) -> list[Observation]:
        """Every value ever held, ordered by start, then by when it was received."""
        ...

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value; cheaper than ``read``."""
        ...

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot (that begins before a moment)."""
        ...

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream."""
        ...

    def verify(self) -> list[str]:
        """What is wrong with the store itself; empty when it is whole."""
        ...

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Retention: drop slots that begin before; returns rows dropped."""
        ...

    def compact(self) -> int:
        """Give room that is free inside the store back to the disk, where it is worth it; how many bytes.

        Others read meanwhile; writers may wait.
        """
        ...

    def everything(self) -> Iterator[Observation]:
        """Every revision of every stream, in bounded memory, for export and migration."""
        ...

    def backup(self, target: Path) -> None:
        """A whole copy, taken while others read and write."""
        ...

    def restore(self, source: Path) -> None:
        """Become that copy, while others read; refuses one that is damaged or of the other world."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


class Pulse(Protocol):
    """One brain's sign of life, in a ledger that several may share."""

    @property
    def brain(self) -> str:
        """Its name, another for each process life."""
        ...

    def beat(self) -> bool:
        """This brain lives; False where it had been silent for so long that others may have taken over its work."""
        ...

    def bury(self, brain: str) -> None:
        """That brain is dead, as its successor on the same folder knows."""
        ...

    def alive(self) -> list[str]:
        """The brains that live."""
        ...


class JobLedger(Protocol):
    """Long work and runs of the timetable; survives restarts.

    Invariants:
        An occurrence is one run, and a job has one running run, on however many brains.
    """

    def add_job(self, deed: str) -> Job:
        """A queued job with a new id."""
        ...

    def save_job(self, job: Job) -> None:
        """Its newest state."""
        ...

    def job(self, job_id: str) -> Job | None:
        """By id."""
        ...

    def jobs(self, limit: int = 50) -> list[Job]:
        """The newest first."""
        ...

    def abandon_jobs(self, why: str) -> int:
        """Those that a dead brain left queued or running end as failed."""
        ...

    @property
    def pulse(self) -> Pulse:
        """This brain's sign of life."""
        ...

    def claim_run(self, job_id: str, due_at: datetime, note: str = "") -> Run | None:
        """The right to run an occurrence, or None when it was taken before or the job runs, on whichever brain.

        One whose brain died or stopped in the middle of it is given again.
        """
        ...

    def end_run(
        self, run: Run, outcome: Outcome, counts: dict[str, float], error: str = "", *, hung: bool = False
    ) -> Run | None:
        """How it went; None where another brain has taken the run over meanwhile."""
        ...

    def last_run(self, job_id: str) -> Run | None:
        """The newest occurrence that was claimed."""
        ...

    def runs(self, job_id: str | None = None, limit: int = 50) -> list[Run]:
        """The newest first."""
        ...

    def run(self, job_id: str, due_at: datetime) -> Run | None:
        """One occurrence's."""
        ...

    def own_runs(self) -> list[Run]:
        """Those that this brain runs, by the ledger."""
        ...

    def left_runs(self) -> list[Run]:
        """Those that run by the ledger, but whose brain is dead."""
        ...

    def abandon_run(self, run: Run, why: str) -> None:
        """A run of a dead brain ends as failed, unless somebody has taken it over."""
        ...

    def pause(self, job_id: str) -> None:
        """Hold a job back on every brain, until it is resumed."""
        ...

    def resume(self, job_id: str) -> None:
        """Let it run again."""
        ...

    def paused(self) -> dict[str, datetime]:
        """The jobs that are held back, and since when."""
        ...


class AlertLedger(Protocol):
    """Alerts with their life."""

    def raise_alert(self, cause: Cause, severity: Severity, message: str, action: str) -> tuple[Alert, bool]:
        """Open it, or count it where one of its cause is open; True when it is new. ``usecases/tell`` calls it."""
        ...

    def close_alert(self, cause: str) -> Alert | None:
        """The cause is gone; None when none was open."""
        ...

    def acknowledge(self, alert_id: int) -> Alert | None:
        """Somebody has seen it; None when there is none."""
        ...

    def alerts(
        self, states: frozenset[AlertState] | None = None, limit: int = 100, since: datetime | None = None
    ) -> list[Alert]:
        """The newest first; with ``since`` those opened or closed from that moment on."""
        ...


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


class GapLedger(Protocol):
    """Gaps with their life, and what recoveries proved."""

    def open_gaps(self) -> list[Gap]:
        """All that are not filled."""
        ...

    def save_gap(self, gap: Gap) -> Gap:
        """Its newest state; a gap without id gets one."""
        ...

    def gaps(self, states: frozenset[GapState] | None = None, limit: int = 200) -> list[Gap]:
        """The newest first."""
        ...

    def add_recovery(self, recovery: Recovery) -> None:
        """What a catch-up proved."""
        ...

    def last_recovery(self) -> Recovery | None:
        """The newest."""
        ...


class LedgerRetention(Protocol):
    """What of the ledger's past may go.

    Invariants:
        Nothing goes that is open or under way, nor the newest run of a job, nor the newest recovery.
    """

    def forget(self, what: Kept, before: datetime) -> int:
        """Drop what ended before, in batches that leave others their turn; how much."""
        ...

    def compact(self) -> int:
        """As the store's."""
        ...


class Backups(Protocol):
    """Whole copies of store and ledger, made while others read and write.

    Invariants:
        An archive is there whole or not at all; what is damaged, or of the other world, is refused before anything is
        changed.
    """

    @property
    def folder(self) -> Path:
        """Where those lie that nobody named."""
        ...

    def make(self, target: Path) -> Mapping[str, Any]:
        """Write one, read it again, and hand out its manifest. Raises ``StoreError``."""
        ...

    def restore(self, source: Path) -> Mapping[str, Any]:
        """Put store and ledger back, while others read; the manifest. Raises ``StoreError``."""
        ...

    def weekly(self, prove: Callable[[Path], None]) -> Path:
        """One more in the folder, under its name once ``prove`` has let it pass; those it makes needless go then."""
        ...


class PlantFile(Protocol):
    """The plant, as its file says now."""

    @property
    def problem(self) -> str:
        """What is wrong with the file; empty where nothing is. While it is wrong, the plant before holds."""
        ...

    def __call__(self) -> Plant:
        """The plant."""
        ...


class PlanBefore(Protocol):
    """What of the plans before the next one begins with."""

    def plan_in_force(self) -> PlanRecord | None:
        """The newest; None too where it cannot be read, as one that another version wrote."""
        ...

    def locked_batches(self) -> frozenset[str]:
        """Ids of those that are held by hand."""
        ...

    def last_count(self) -> StockCount | None:
        """The newest."""
        ...


class PlanLedger(PlanBefore, Protocol):
    """Plans with all their inputs, what is and was locked in them, and what somebody counted."""

    def keep_plan(self, record: PlanRecord) -> None:
        """It is the plan in force from now on; one that is there already changes nothing."""
        ...

    def plan(self, plan_id: str) -> PlanRecord | None:
        """By id."""
        ...

    def plans(self, before: datetime, limit: int = 50) -> list[PlanRecord]:
        """Those made before a moment, the newest first, but those that cannot be read."""
        ...

    def forget_plans(self, before: datetime) -> int:
        """Retention: drop those made before, but the last one of each UTC day; returns how many."""
        ...

    def lock_batch(self, batch_id: str, *, locked: bool, at: datetime) -> None:
        """Hold a batch where it is from a moment on, or let it move again."""
        ...

    def locked_batches(self, at: datetime | None = None) -> frozenset[str]:
        """Ids of those that are, or were at a moment, held by hand."""
        ...

    def add_count(self, count: StockCount) -> None:
        """What somebody counted."""
        ...

    def last_count(self, at: datetime | None = None) -> StockCount | None:
        """The newest, or the newest that there was at a moment."""
        ...

    def counts(self, window: Interval) -> list[StockCount]:
        """Those of a window, in order."""
        ...


class SavingsLedger(Protocol):
    """Days settled, each with all its revisions, and the chapters that baselines make.

    Invariants:
        What was written is never changed, nor dropped.
    """

    def keep_day(self, day: SavedDay) -> bool:
        """One more revision; False where another brain has written that revision meanwhile."""
        ...

    def days(self, first: date, last: date) -> list[SavedDay]:
        """The newest revision of each day from the first to the last, in order."""
        ...

    def revisions(self, day: date) -> list[SavedDay]:
        """Of one day, the oldest first."""
        ...

    def open_chapter(self, chapter: Chapter) -> Chapter:
        """The chapter of that version: this one, or the one that was there before."""
        ...

    def chapters(self) -> list[Chapter]:
        """The oldest first."""
        ...


class ModelRegistry(Protocol):
    """Every version of every model, with its scores and its aliases; the tracking server behind it may be away.

    Invariants:
        A version is registered whole or not at all: its run ends failed where anything of it could not be kept.
        An alias names one version at most, and moves in one step.

    Raises:
        RegistryAwayError: by every method but ``state``, where the registry does not answer.
    """

    def add(self, made: MadeModel) -> ModelVersion:
        """Track and register it; it has no alias yet."""
        ...

    def versions(self, name: ModelName) -> list[ModelVersion]:
        """The newest first."""
        ...

    def aliased(self, name: ModelName, alias: Alias) -> ModelVersion | None:
        """The version of that alias."""
        ...

    def point(self, name: ModelName, alias: Alias, number: int | None) -> None:
        """Move an alias to a version, or take it away. Raises ``NotFoundError``."""
        ...

    def file(self, version: ModelVersion) -> bytes:
        """Its file, proved by its sha256. Raises ``StoreError`` where it is not what was registered."""
        ...

    def state(self) -> RegistryState:
        """Whether it answers, and what it holds."""
        ...


class ModelShelf(Protocol):
    """This machine's own copy of what serves, so that predictions go on while the registry is away.

    Invariants:
        Readers in other threads and processes see the versions before a ``put`` or those after it, never a mixture.
    """

    def put(self, state: RegistryState, files: Mapping[str, bytes]) -> None:
        """What the registry said, and the file of every version that has an alias (by sha256).

        Raises:
            StoreError: a file is missing or is not what its sha256 says; nothing changed.
        """
        ...

    def state(self) -> RegistryState | None:
        """What the registry said when last asked; None where it never was."""
        ...

    def take(self, name: ModelName, alias: Alias) -> tuple[ModelVersion, bytes] | None:
        """A version and its file, proved by its sha256; None where there is none.

        Raises:
            StoreError: the copy is damaged; the next refresh mends it.
        """
        ...

    def stamp(self) -> str:
        """Changes whenever what is on the shelf does; cheap enough to ask before each prediction."""
        ...


class ModelLedger(Protocol):
    """The lives of the models: what was trained, refused, promoted, rolled back, and why."""

    def add_event(self, event: ModelEvent) -> None:
        """One more line."""
        ...

    def events(
        self, name: ModelName | None = None, deeds: frozenset[Deed] | None = None, limit: int = 50
    ) -> list[ModelEvent]:
        """The newest first."""
        ...


class Timetable(Protocol):
    """What runs when, kept by the scheduler."""

    def start(self) -> None:
        """Begin to keep it."""
        ...

    def stop(self) -> None:
        """No new runs; running ones stop at their next step."""
        ...

    def view(self) -> list[ScheduledJob]:
        """Every job with its last run and its next."""
        ...

    def must_know(self, job_id: str) -> None:
        """Raises ``NotFoundError`` for a job that is not of the timetable."""
        ...

    def run_now(self, job_id: str) -> datetime:
        """Run a job; the moment that identifies the run. Raises ``NotFoundError`` or ``BusyError``."""
        ...

    def pause(self, job_id: str, *, paused: bool) -> None:
        """Hold a job back, or let it run again. Raises ``NotFoundError``."""
        ...

    def checks(self) -> list[Check]:
        """Its own state."""
        ...
