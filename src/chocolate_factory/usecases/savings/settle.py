"""Days settled: written once their prices are final enough, and again, as a new revision, when something has changed.

Invariants:
    Settling twice writes once. Nothing is settled against a baseline that is not what was declared.
    What was modelled of a day stays as it was first written; prices and readings alone may make a new revision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from chocolate_factory.billing.day_account import figures_of, status_of, uncertainty_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.savings import Chapter, Course, DayStatus, Figures, SavedDay
from chocolate_factory.domain.time import DAY, Resolution, madrid_date, madrid_day, madrid_midnight, slots
from chocolate_factory.planning.declared import Declared, require_declared
from chocolate_factory.ports import Clock, SavingsLedger
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.savings.known import Known, digest_of_course, digest_of_quarters

#: Prices are read again a day after; a day is settled when it is two days old.
SETTLED_AFTER_DAYS: Final = 2
#: They are read again for the last time eight days after.
FINAL_AFTER_DAYS: Final = 9
#: Plans of older days may be gone but for one; what is settled by then is settled.
LOOK_BACK_DAYS: Final = 62
#: Of the rules by which a day is computed; another number, other rules.
METHOD: Final = "1"


@dataclass(frozen=True)
class Settle:
    """The deed, with its ports."""

    known: Known
    ledger: SavingsLedger
    clock: Clock

    def __call__(self, progress: Progress, first: date | None = None, last: date | None = None) -> dict[str, float]:
        """Settle what can be of a span; by default what the job looks back on.

        Args:
            first, last: of the span; no day younger than two days is settled, whatever they say.

        Raises:
            InputError: the baseline is not what was declared, or not what the ledger has under its version.
            StoreError: store or ledger cannot serve; what was written stays.
            StoppedError: the service is stopping; the same.
        """
        declared = self.require_declared()
        newest = madrid_date(self.clock.now()) - SETTLED_AFTER_DAYS * DAY
        last = min(last or newest, newest)
        first = first or last - (LOOK_BACK_DAYS - 1) * DAY
        held = {kept.day: kept for kept in self.ledger.days(first, last)}
        counts = {"days_settled": 0.0, "days_revised": 0.0}
        days = [first + n * DAY for n in range((last - first).days + 1)]
        for i, day in enumerate(days):
            progress.step(i / len(days), f"{day}")
            made = self._settled(day, held.get(day), declared)
            if made is not None and self.ledger.keep_day(made):
                counts["days_settled" if made.revision == 1 else "days_revised"] += 1
        return counts

    def require_declared(self) -> Declared:
        """The baseline, if it still is what was declared, here and in the ledger.

        Raises:
            InputError: it is another one.
        """
        declared = require_declared()
        for held in self.ledger.chapters():
            if held.version == declared.version and held.sha256 != declared.sha256:
                allowed = (
                    f"version {held.version} is {held.sha256} in this ledger since {held.since}: a baseline that is "
                    "changed is another one, and needs a version of its own"
                )
                raise InputError("baseline", declared.sha256, allowed)
            if held.version > declared.version:
                allowed = f"the ledger is in the chapter of version {held.version}; use the program that began it"
                raise InputError("baseline", declared.version, allowed)
        return declared

    # ---------------------------------------------------------------------------------------------------- one day
    def _settled(self, day: date, held: SavedDay | None, declared: Declared) -> SavedDay | None:
        """The day's next revision; None where nothing is new, or not enough is known."""
        metered = self.known.metered(day)
        if held is not None and _is_at_rest(held, metered):
            return None
        made = self._modelled(day, held, declared) or held or (_unplanned(day) if metered else None)
        price = self.known.prices_of(day)
        quarters = _quarters(day, made.course) if made is not None else []
        if made is None or any(quarter not in price for quarter in quarters):
            return None
        return self._written(made, held, {quarter: price[quarter] for quarter in quarters}, metered)

    def _modelled(self, day: date, held: SavedDay | None, declared: Declared) -> SavedDay | None:
        """The day with its course, against the baseline of the chapter that is open then; None where it has one."""
        if held is not None and held.course is not None:
            return None
        record = self.known.plan_of(day)
        chapter = self._chapter(day, declared) if record is not None else None
        if record is None or chapter is None:
            return None
        course = self.known.course_of(record, day)
        return replace(held or _unplanned(day), chapter=chapter, plan_id=record.id, course=course)

    def _chapter(self, day: date, declared: Declared) -> Chapter | None:
        """The declared baseline's chapter, begun with this day where it is new; None for a day before it."""
        new = Chapter(declared.version, declared.name, declared.sha256, declared.words, day)
        chapter = self.ledger.open_chapter(new)
        return chapter if chapter.since <= day else None

    def _written(
        self, made: SavedDay, held: SavedDay | None, price: Mapping[datetime, float], metered: Mapping[datetime, float]
    ) -> SavedDay | None:
        now, day = self.clock.now(), made.day
        final = now >= madrid_midnight(day + FINAL_AFTER_DAYS * DAY)
        carbon = self.known.carbon_g_kwh(day) if made.carbon_g_kwh is None else made.carbon_g_kwh
        inputs = _inputs(made, price, metered, carbon, final=final)
        if held is not None and held.inputs == inputs:
            return None
        figures = figures_of(slots(madrid_day(day), Resolution.QUARTER), made.course, price, metered)
        compares = status_of(figures) is DayStatus.MEASURED and figures.has_baseline
        return replace(
            made,
            revision=made.revision + 1,
            settled_at=now,
            status=status_of(figures),
            figures=figures,
            uncertainty=uncertainty_of(figures, prices_final=final) if compares else None,
            prices_final=final,
            carbon_g_kwh=carbon,
            inputs=inputs,
            notes=tuple(_notes(made)),
        )


def _is_at_rest(held: SavedDay, metered: Mapping[datetime, float]) -> bool:
    """Whether nothing more is to come of a day, and no reading has: its prices need not be read."""
    known = held.course is not None and held.carbon_g_kwh is not None and held.prices_final
    return known and held.inputs["method"] == METHOD and held.inputs["readings"] == digest_of_quarters(metered)


def _unplanned(day: date) -> SavedDay:
    """A day of which nothing is known yet."""
    return SavedDay(day, 0, DayStatus.NOT_MEASURED, Figures(0))


def _quarters(day: date, course: Course | None) -> list[datetime]:
    """Every quarter-hour that a day is billed for: its own, and those in which its batches go on."""
    own = list(slots(madrid_day(day), Resolution.QUARTER))
    after = course.quarters(course.baseline_kwh) if course and course.baseline_kwh else {}
    return sorted({*own, *after})


def _inputs(
    made: SavedDay,
    price: Mapping[datetime, float],
    metered: Mapping[datetime, float],
    carbon: float | None,
    *,
    final: bool,
) -> dict[str, str]:
    return {
        "method": METHOD,
        "plan": made.plan_id or "",
        "course": digest_of_course(made.course),
        "prices": digest_of_quarters(price),
        "prices_final": "yes" if final else "no",
        "readings": digest_of_quarters(metered),
        "carbon": "" if carbon is None else f"{carbon:.3f}",
    }


def _notes(made: SavedDay) -> Iterator[str]:
    if made.course is None:
        yield "No plan covers this day: nothing is known of its production, and there is nothing to compare with."
    elif made.course.baseline_kwh is None:
        yield f"There is nothing to compare with: {made.course.note}."
