"""Why an input of a decision is not found again as it was, by what store and ledger hold now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from math import isclose
from statistics import fmean
from typing import Final

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.plan import SlotInput
from chocolate_factory.domain.plan_record import Grounds, PlanRecord, Program
from chocolate_factory.domain.replay import Difference, Evidence, Revised, Why
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, floor, isoformat_madrid
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.evidence import AIR, FORECAST, SPOT, forecast_kind
from chocolate_factory.usecases.hours import energy_price
from chocolate_factory.usecases.problem import LOOK_BACK_DAYS

#: The series that a slot's figure is made from, by the figure's name.
MADE_FROM: Final = {
    "energy_eur_kwh": SPOT, "price_kind": SPOT, "temperature_c": "temperature", "humidity_pct": "humidity",
}  # fmt: skip
#: A value that was used, though it was received later than all had been read, came at the very moment.
AT_ONCE: Final = timedelta(minutes=5)
#: Where slots stand in a task.
SLOTS: Final = (("problem", "slots"), ("beyond",))


@dataclass(frozen=True)
class Explain:
    """The deed, with its port and what it looks at.

    Attributes:
        program: that made the inputs again.
    """

    store: TimeSeriesStore
    record: PlanRecord
    grounds: Grounds
    evidence: Evidence
    program: Program
    now: datetime

    def __call__(self, differences: Iterable[Difference]) -> tuple[Difference, ...]:
        """The same with their reasons, after what the ledger tells otherwise.

        Raises:
            StoreError: the store cannot serve.
        """
        ledger, slots = list(self._of_ledger()), {isoformat_madrid(s.slot.start): s for s in self._slots}
        return (*ledger, *(self._told(d, slots, follows=bool(ledger)) for d in differences))

    @property
    def _slots(self) -> tuple[SlotInput, ...]:
        return (*self.record.task.problem.slots, *self.record.task.beyond)

    def _of_ledger(self) -> Iterator[Difference]:
        """Locks and counts that are not what the record says they were."""
        for batch in sorted({*self.grounds.locked} ^ {*self.evidence.locked}):
            then, now = ("locked" if batch in held else None for held in (self.grounds.locked, self.evidence.locked))
            yield Difference(("grounds", "locked", batch), then, now, Why.LEDGER)
        then_at, count = self.grounds.counted_at, self.evidence.count
        now_at = count.at if count is not None else None
        if then_at != now_at:
            then, now = (isoformat_madrid(at) if at is not None else None for at in (then_at, now_at))
            yield Difference(("grounds", "counted_at"), then, now, Why.LEDGER)

    def _told(self, d: Difference, slots: dict[str, SlotInput], *, follows: bool) -> Difference:
        place = next((place for place in SLOTS if d.path[: len(place)] == place), ())
        start, *figure = d.path[len(place) :] if place else ("", "")
        slot = slots.get(start)
        if slot is not None and d.path[-1] in MADE_FROM:
            why, at = self._of_slot(slot, MADE_FROM[d.path[-1]])
            return replace(d, why=why, at=at)
        if slot is not None and not figure:  # the look behind the plan ends before it, for want of one of its day
            return replace(d, why=self._of_whole(slot))
        return replace(d, why=Why.FOLLOWS if follows else self._program_or(Why.UNKNOWN))

    def _of_whole(self, slot: SlotInput) -> Why:
        """By its price; its air may be that of days before, so that none of its own proves nothing."""
        why, _ = self._of_slot(slot, SPOT)
        return why if why in (Why.FORGOTTEN, Why.GONE) else self._program_or(Why.FOLLOWS)

    def _program_or(self, otherwise: Why) -> Why:
        return otherwise if self.program == self.grounds.program else Why.PROGRAM

    # ------------------------------------------------------------------------------------------------- prices and air
    def _of_slot(self, slot: SlotInput, series: str) -> tuple[Why, datetime | None]:
        """The first place that its value may have come from and that does not say it any more."""
        newest = guessed = self._guessed_though_known(slot, series)
        for source in self._sources(slot, series):
            held, known_at = self.store.revisions(source), self.grounds.known_at
            known = [o for o in held if o.received_at <= known_at]
            late = [o for o in held if o.received_at > known_at]
            soon = [o for o in late if o.received_at < known_at + AT_ONCE]
            if (came := self._received(slot, source, soon)) is not None:
                return Why.LATE, came
            is_whole = _is_whole(source, known)
            if guessed is None and not is_whole:
                why = Why.FORGOTTEN if self._may_be_forgotten(source) else Why.GONE
                return why, min((o.received_at for o in late), default=None)
            newest = newest or max(o.received_at for o in known)
            used = self._received(slot, source, known)
            # What was used is still there, so what is newer was stored after it was read, however long it had waited.
            if is_whole if guessed else used is not None and used < newest:
                return Why.UNSEEN, newest
            if used is not None:
                break
        if series in AIR and self._just_came(slot, series) and self._is_of_a_day_before(slot, series):
            return Why.UNSEEN, newest
        return self._program_or(Why.REPLACED), newest

    def _guessed_though_known(self, slot: SlotInput, series: str) -> datetime | None:
        """When the price of a slot was received that was guessed all the same."""
        if series != SPOT or slot.price_kind not in (Kind.FORECAST, Kind.ESTIMATED):
            return None
        kinds = frozenset(self.grounds.kinds)
        source = Query(SPOT, hour_of(slot.slot), kinds=kinds, received_by=self.grounds.known_at)
        known = self.store.read(source)
        return max(o.received_at for o in known) if _is_whole(source, known) else None

    def _just_came(self, slot: SlotInput, series: str) -> bool:
        """Whether all that was known of a slot's own hour had been received at the very moment."""
        known = self._known(next(self._sources(slot, series)))
        return all(o.received_at > self.grounds.known_at - AT_ONCE for o in known)

    def _is_of_a_day_before(self, slot: SlotInput, series: str) -> bool:
        """Whether a slot has the air of the same hour of a day before: that is the guess where none is known."""
        own = next(self._sources(slot, series))
        before = (Query(series, day, kinds=own.kinds) for day in _days_before(own.window))
        return any(self._received(slot, source, self._known(source)) is not None for source in before)

    def _known(self, source: Query) -> list[Observation]:
        return [o for o in self.store.revisions(source) if o.received_at <= self.grounds.known_at]

    def _sources(self, slot: SlotInput, series: str) -> Iterator[Query]:
        """Where a slot's value may have come from: its own hour, or that of the days before where it was a guess."""
        hour, kinds = hour_of(slot.slot), frozenset(self.grounds.kinds)
        foretold = frozenset({forecast_kind(self.grounds)})
        if series != SPOT:  # of an hour that was over only a reading counts
            over = hour.start < floor(self.record.made_at, Resolution.HOUR)
            yield Query(series, hour, kinds=kinds if over else kinds | foretold)
        elif slot.price_kind is Kind.FORECAST:
            yield from (Query(name, hour, frozenset({self.grounds.forecast}), foretold) for name in FORECAST)
        elif slot.price_kind is Kind.ESTIMATED:
            out = (day for day in _days_before(hour) if spec_of(SPOT).published(day.start) <= self.grounds.known_at)
            yield from (Query(SPOT, day, kinds=kinds) for day in out)
        else:
            yield Query(SPOT, hour, kinds=kinds)

    def _received(self, slot: SlotInput, source: Query, rows: Sequence[Observation]) -> datetime | None:
        """When the value that was used was received; None where it is none of these."""
        for name in sorted({o.source for o in rows}):
            of_source = [o for o in rows if o.source == name]
            for revisions in _by_receipt(source, of_source):
                if self._was_used(slot, source.series, fmean(o.value for o in revisions)):
                    return max(o.received_at for o in revisions)
        return None

    def _was_used(self, slot: SlotInput, series: str, value: float) -> bool:
        """Whether a value makes the figure that was used."""
        if series == SPOT:
            contract = self.record.task.problem.plant.contract
            return isclose(energy_price(contract, slot.slot.start, value), slot.energy_eur_kwh, abs_tol=1e-9)
        used = {"temperature": slot.air.temperature_c, "humidity": slot.air.humidity_pct}
        return series in used and isclose(value, used[series], abs_tol=1e-9)

    def _may_be_forgotten(self, source: Query) -> bool:
        """Whether retention may have dropped what is asked for: forecasts, never the truth."""
        if source.series in AIR:
            return source.window.start < kept_since(Kept.FORECASTS, self.now)
        return source.series in FORECAST and source.window.start < kept_since(Kept.PREDICTIONS, self.now)


def hour_of(slot: Interval) -> Interval:
    """The hour that a slot lies in; weather and forecasts are by the hour."""
    start = floor(slot.start, Resolution.HOUR)
    return Interval(start, start + HOUR)


def _days_before(hour: Interval) -> Iterator[Interval]:
    """The same hour of the days before that a guess may be taken from, the nearest first."""
    return (Interval(hour.start - d * DAY, hour.end - d * DAY) for d in range(1, LOOK_BACK_DAYS + 1))


def _is_whole(source: Query, known: Sequence[Observation]) -> bool:
    """Whether every slot that is asked for has a value."""
    return {*spec_of(source.series).slots(source.window)} <= {o.start for o in known}


def _by_receipt(source: Query, rows: Sequence[Observation]) -> Iterator[list[Observation]]:
    """What one source had said by each receipt of it, where that was the whole window."""
    for moment in sorted({o.received_at for o in rows}):
        newest = {o.start: o for o in rows if o.received_at <= moment}
        if _is_whole(source, list(newest.values())):
            yield list(newest.values())


def revised_since(store: TimeSeriesStore, record: PlanRecord, grounds: Grounds) -> tuple[Revised, ...]:
    """Prices and readings of the plan's time that a decision knew and that are known better since.

    Raises:
        StoreError: the store cannot serve.
    """
    return tuple(
        revised
        for series in (SPOT, *AIR)
        for revised in _revised(
            store.revisions(Query(series, record.task.problem.horizon, kinds=frozenset(grounds.kinds))),
            grounds.known_at,
        )
    )


def _revised(rows: Iterable[Observation], known_at: datetime) -> Iterator[Revised]:
    for _, revisions in groupby(sorted(rows, key=_of_stream), key=_stream):
        held = list(revisions)
        known = [o for o in held if o.received_at <= known_at]
        if known and held[-1].value != known[-1].value:
            last = held[-1]
            yield Revised(last.series, last.source, last.start, known[-1].value, last.value, last.received_at)


def _stream(o: Observation) -> tuple[datetime, str, str]:
    return o.start, o.source, o.kind


def _of_stream(o: Observation) -> tuple[datetime, str, str, datetime]:
    return *_stream(o), o.received_at
