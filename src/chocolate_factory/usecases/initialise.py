"""Load history, once or again: every part is a repair of its series, so it resumes where it was cut off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import InputError, StoreError
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.time import EARLIEST, LATEST, Interval, madrid_date, madrid_midnight
from chocolate_factory.domain.work import Recovery
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.ingest import Ingest
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.repair import Repair

YEARS = 3
LONGEST_YEARS = 15

PARTS: dict[str, tuple[Family, ...]] = {
    "ree": (Family.PRICES, Family.DEMAND, Family.GENERATION),
    "weather": (Family.WEATHER,),
    "daily_weather": (Family.DAILY_WEATHER,),
}


#: Share of the whole work, by the requests that each part takes.
SHARES = {"ree": (0.02, 0.6), "weather": (0.6, 0.7), "daily_weather": (0.7, 1.0)}


@dataclass(frozen=True, slots=True)
class InitStatus:
    """Whether the history is there.

    Attributes:
        weather_days: days with a daily weather record.
        ree_records: slots of prices, demand and generation held, from whichever route.
        missing_records: slots missing in the last three years of every expected series.
    """

    weather_days: int
    ree_records: int
    missing_records: int
    recommendations: tuple[str, ...]

    @property
    def is_initialized(self) -> bool:
        """Nothing left to recommend."""
        return not self.recommendations


class Initialise:
    """The deed, with its ports."""

    def __init__(
        self,
        store: TimeSeriesStore,
        clock: Clock,
        detect: Detect,
        repair: Repair,
        ingest: Ingest,
        filling: frozenset[Kind],
    ) -> None:
        self._store = store
        self._clock = clock
        self._detect = detect
        self._repair = repair
        self._ingest = ingest
        self._filling = filling

    def years_back(self, years: float, field: str = "years") -> Interval:
        """From midnight in Madrid so many years ago to the end of tomorrow.

        Raises:
            InputError: not between 0 and fifteen years.
        """
        if not 0 < years <= LONGEST_YEARS:
            raise InputError(field, years, f"more than 0 and at most {LONGEST_YEARS} years")
        now = self._clock.now()
        start = madrid_midnight(madrid_date(now - timedelta(days=365.25 * years)))
        return Interval(start, self._detect.window(1).end)

    def __call__(self, part: str, window: Interval, progress: Progress, trigger: str = "init") -> Recovery:
        """Load what is missing of one part in a window.

        Args:
            part: ``ree``, ``weather`` (hourly) or ``daily_weather``.
        """
        if part not in PARTS:
            raise InputError("part", part, f"one of {', '.join(PARTS)}")
        windows = {s.name: window for s in expected_series() if s.family in PARTS[part]}
        return self._repair(windows, trigger=trigger, insist=True, patience=180.0, progress=progress)

    def everything(self, window: Interval, progress: Progress) -> str:
        """Store, then every upstream, then each part of the history; an upstream that fails does not stop the others.

        Returns:
            Each part's sentence. Counts say for each feed whether it could be reached, and for each part what was
            expected and filled.

        Raises:
            StoreError: the store is damaged.
        """
        broken = self._store.verify()
        if broken:
            raise StoreError(f"The store is damaged: {'; '.join(broken)}. Restore a backup.")
        report = self._ingest("all", insist=True)
        for error in report.errors:
            progress.problem(error)
        reached = {f"reached.{p.feed}": float(not p.failed) for p in report.parts}
        progress.step(0.02, "the store is whole; the upstreams were asked", **reached)
        sentences = []
        for part, (low, high) in SHARES.items():
            recovery = self(part, window, progress.part(low, high))
            counts = {f"{part}.expected": recovery.expected, f"{part}.filled": recovery.filled}
            progress.step(high, part, **counts)
            sentences.append(f"{part}: {recovery.summary}")
        return " ".join(sentences)

    def status(self) -> InitStatus:
        """What is there, what is missing, what to do about it."""
        held = [s for s in self._store.inventory() if s.kind in self._filling]
        ree = sum(s.count for s in held if _is_ree(s.series))
        days = Query("temperature_max", Interval(EARLIEST, LATEST), kinds=self._filling)
        weather = len({start for start, _ in self._store.starts(days)})  # several sources may share a day
        window = self.years_back(YEARS)
        missing = {s.name: sum(g.missing for g in self._detect.missing(s, window)) for s in expected_series()}
        return InitStatus(weather, ree, sum(missing.values()), tuple(self._advice(missing, window)))

    @staticmethod
    def _advice(missing: dict[str, int], window: Interval) -> list[str]:
        """What to call for each part of which more than a fiftieth is missing."""
        calls: dict[str, str] = {
            "ree": "POST /init/historical-data (or `chocolate-factory init --part ree`)",
            "weather": "POST /init/all (or `chocolate-factory init --part weather`)",
            "daily_weather": "POST /init/datosclima/etl (or `chocolate-factory init --part daily_weather`)",
        }
        advice = []
        for part, families in PARTS.items():
            specs = [s for s in expected_series() if s.family in families]
            slots = sum(sum(1 for _ in s.slots(window)) for s in specs)
            holes = sum(missing[s.name] for s in specs)
            if holes > slots / 50:
                advice.append(f"{holes} of {slots} slots of {part} are missing in {YEARS} years: {calls[part]}.")
        return advice


def _is_ree(series: str) -> bool:
    return series in ("pvpc", "spot", "demand", "demand_forecast") or series.startswith("generation_")
