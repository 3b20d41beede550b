"""A small world for the deeds: feeds that know a truth, with holes, faults and a reach; a store, a ledger, a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.file_lock import ThreadTurn
from chocolate_factory.adapters.ledger import SqlAlertLedger, SqlGapLedger, SqlJobLedger, open_ledger
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import CATALOGUE, observation, spec_of
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamError
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Observation, Query
from chocolate_factory.domain.series_spec import SeriesSpec
from chocolate_factory.domain.time import HOUR, MADRID, Interval, parse_moment
from chocolate_factory.domain.work import Alert, AlertState, Gap, GapState
from chocolate_factory.usecases.bring import Bring
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.ingest import Ingest
from chocolate_factory.usecases.repair import Repair

PRICES = frozenset({"pvpc", "spot"})
AIR = frozenset({"temperature", "humidity"})
ALIVE = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
FOREVER = Interval(datetime(1998, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def at(text: str) -> datetime:
    """Madrid's wall time, as UTC."""
    return parse_moment(text, "text")


def span(start: str, end: str) -> Interval:
    """Between two wall times of Madrid."""
    return Interval(at(start), at(end))


@cache
def truth(series: str, start: datetime) -> float:
    """A plausible value that no other slot of that day has."""
    spec = spec_of(series)
    local = start.astimezone(MADRID)
    share = 0.4 + 0.1 * (local.hour + local.minute / 60) / 24 + 0.001 * (local.day % 10)
    return round(spec.low + share * (spec.high - spec.low), 3)


class FakeFeed:
    """Says the truth about what is published, in its reach, outside its holes, unless it is at fault.

    Args:
        back, ahead: its reach, before and after now.
        holes: whether it lacks a slot.
        when_called: runs at each fetch, before it answers.

    Attributes:
        fault: raised at every fetch while it is set.
        faults: windows whose fetch raises.
        calls: the windows it was asked for.
    """

    def __init__(
        self,
        name: str,
        series: Iterable[str],
        clock: FixedClock,
        *,
        source: str | None = None,
        kind: Kind = Kind.OBSERVED,
        longest: timedelta = timedelta(days=28),
        back: timedelta = timedelta(days=4000),
        ahead: timedelta = timedelta(days=2),
        holes: Callable[[str, datetime], bool] = lambda _series, _start: False,
        value: Callable[[str, datetime], float] = truth,
    ) -> None:
        self.name = name
        self.upstream = name.partition(".")[0]
        self.series = frozenset(series)
        self.longest = longest
        self.fault: UpstreamError | None = None
        self.faults: list[tuple[Interval, UpstreamError]] = []
        self.calls: list[Interval] = []
        self.when_called: Callable[[Interval], None] = lambda _window: None
        self.holes = holes
        self.value = value
        self.seconds = 0.0
        self._clock = clock
        self._source = source or self.upstream
        self._kind = kind
        self._back, self._ahead = back, ahead

    def reach(self, now: datetime) -> Interval:
        return Interval(now - self._back, now + self._ahead)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        now = self._clock.now()
        assert patience > 0
        assert window.duration <= self.longest, f"{self.name} takes {self.longest}, not {window}"
        assert window.overlap(self.reach(now)) == window, f"{self.name} does not reach {window}"
        self.calls.append(window)
        self._clock.sleep(self.seconds)
        self.when_called(window)
        for fault in (self.fault, *(e for w, e in self.faults if w.overlap(window))):
            if fault is not None:
                raise fault
        found = [o for series in sorted(self.series) for o in self._values(series, window, now)]
        if not found:
            raise UpstreamEmptyError(self.upstream, "nothing yet")
        return found

    def _values(self, series: str, window: Interval, now: datetime) -> list[Observation]:
        spec = spec_of(series)
        out = (s for s in spec.slots(window) if self._kind is Kind.FORECAST or spec.published(s) <= now)
        return [
            observation(series, self._source, self._kind, s, self.value(series, s), now)
            for s in out
            if not self.holes(series, s)
        ]


class Plant:
    """Store, ledger and the deeds around them, in memory, on a clock that stands still."""

    def __init__(self, now: datetime, filling: frozenset[Kind] = TRUE_KINDS) -> None:
        self.clock = FixedClock(now)
        self.filling = filling
        self.store = MemoryStore("simulated" if Kind.SIMULATED in filling else "real")
        self.engine = open_ledger("sqlite://")
        self.gaps = SqlGapLedger(self.engine)
        self.alerts = SqlAlertLedger(self.engine, self.clock)
        self.jobs = SqlJobLedger(self.engine, self.clock)
        self.feeds: dict[str, FakeFeed] = {}
        self.bring = Bring(self.store, self.clock)
        self.detect = Detect(self.store, self.gaps, self.clock, self.feeds, filling)
        self.turn = ThreadTurn()
        self.repair = self.new_repair()
        self.ingest = Ingest(self.store, self.clock, self.feeds, self.bring, filling, MemoryMemo())

    def new_repair(self) -> Repair:
        """As after a restart: nothing remembered but store and ledger."""
        return Repair(
            self.store, self.gaps, self.alerts, self.clock, self.feeds, self.detect, self.bring, MemoryMemo(), self.turn
        )

    def close(self) -> None:
        self.engine.dispose()

    def feed(self, name: str, series: Iterable[str], **options) -> FakeFeed:
        """One more feed."""
        self.feeds[name] = FakeFeed(name, series, self.clock, **options)
        return self.feeds[name]

    def fill(
        self,
        series: str,
        window: Interval,
        but: Iterable[datetime] = (),
        source: str = "ree",
        kind: Kind = Kind.OBSERVED,
        value: Callable[[str, datetime], float] = truth,
    ) -> None:
        """Put the truth into the store."""
        left_out = set(but)
        starts = (s for s in spec_of(series).slots(window) if s not in left_out)
        now = self.clock.now()
        self.store.write(observation(series, source, kind, s, value(series, s), now) for s in starts)

    def missing(self, series: str, window: Interval) -> list[datetime]:
        """What the store lacks of a window, due or not."""
        present = {s for s, _ in self.store.starts(Query(series, window, kinds=self.filling))}
        return [s for s in spec_of(series).slots(window) if s not in present]

    def rows(self, *states: GapState) -> list[Gap]:
        """The ledger's rows in those states, in order of time."""
        return sorted(self.gaps.gaps(frozenset(states) or None, limit=10_000), key=lambda g: (g.series, g.window))

    def causes(self) -> set[str]:
        """Of the alerts that are alive."""
        return {alert.cause for alert in self.alive()}

    def alive(self) -> list[Alert]:
        return self.alerts.alerts(ALIVE)

    def calls(self) -> int:
        """Requests to all feeds."""
        return sum(len(feed.calls) for feed in self.feeds.values())


def live_feeds(plant: Plant) -> None:
    """The feeds of the real house, as far as the expected series need them."""
    plant.feed("ree.prices", PRICES)
    plant.feed("ree.demand", {"demand", "demand_forecast"})
    plant.feed("ree.generation", {"renewable_share"}, longest=timedelta(days=365), ahead=timedelta(0))
    plant.feed("esios.pvpc", {"pvpc"}, longest=timedelta(days=1))
    plant.feed("omie.spot", {"spot"}, longest=timedelta(days=1))
    plant.feed("aemet.observations", AIR, longest=13 * HOUR, back=13 * HOUR, ahead=timedelta(0))
    plant.feed("open_meteo.forecast", AIR, source="open_meteo_analysis", kind=Kind.REANALYSIS, back=timedelta(days=92))
    plant.feed("open_meteo.archive", AIR, kind=Kind.REANALYSIS, longest=timedelta(days=366), ahead=-timedelta(days=5))
    plant.feed("aemet.daily", {"temperature_max", "temperature_min"}, longest=15 * 24 * HOUR, ahead=-4 * 24 * HOUR)
    plant.feed("datosclima.daily", {"temperature_max", "temperature_min"}, longest=31 * 24 * HOUR + HOUR)


def expected_specs() -> list[SeriesSpec]:
    return [spec for spec in CATALOGUE.values() if spec.expected]
