"""The monthly report: a page of words and tables, and the same figures as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chocolate_factory.billing.day_account import summed
from chocolate_factory.domain.page import Grid, Heading, Page, Paragraph, Part, Points
from chocolate_factory.domain.savings import DayStatus, SavedDay
from chocolate_factory.usecases.savings.document import carbon_kg, day_document, planned_saving_eur, totals_document
from chocolate_factory.usecases.savings.monthly import Month
from chocolate_factory.usecases.savings.report_words import figure, month_name, say

Row = Sequence[object]
_SUMS: Final = ("energy", "power", "excess", "electricity_tax", "without_vat", "vat", "total")
#: Of a day's document, what a sheet can hold.
COLUMNS: Final = (
    "day", "status", "baseline_eur", "planned_eur", "measured_eur", "saving_eur", "saving_pct", "planned_saving_eur",
    "coverage", "filled_kwh", "filled_eur", "uncertainty_eur", "kg", "production", "kwh", "eur_per_kg", "kwh_per_kg",
    "carbon_kg", "carbon_g_kwh", "carbon_kind", "prices", "baseline_version", "baseline_sha256", "revision",
    "settled_at",
)  # fmt: skip


def page_of(month: Month, language: str) -> Page:
    """The report in a language."""
    told = _Told(month, language)
    title = told.say("title", month=month_name(month.month, language), plant=month.plant)
    parts = [*told.headline(), *told.energy(), *told.bill(), *told.days(), *told.basis()]
    return Page(title, language, parts)


def day_rows(month: Month) -> Iterator[Row]:
    """A head and a row for each settled day; ``not measured`` stands where nothing was."""
    yield COLUMNS
    for day in month.statement.settled:
        document = day_document(day)
        missing = day.status is not DayStatus.MEASURED
        words = {"measured_eur": day.status.value, "saving_eur": day.status.value} if missing else {}
        yield [words.get(name, document[name]) for name in COLUMNS]


def bill_rows(month: Month) -> Iterator[Row]:
    """A head, a row for each period of the bill, and its sums."""
    yield ("period", "energy_kwh", "energy_eur", "contracted_kw", "peak_kw", "power_eur", "excess_eur")
    if month.bill is not None:
        yield from (tuple(row.values()) for row in _periods(month.bill))
        yield from ((name, "", month.bill[f"{name}_eur"], "", "", "", "") for name in _SUMS)


def _periods(bill: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Energy and power side by side; a period without energy this month still has its power."""
    energy = {row["period"]: row for row in bill["energy"]}
    power = {row["period"]: row for row in bill["power"]}
    for period in sorted({*energy, *power}):
        drawn, held = energy.get(period, {}), power.get(period, {})
        names = ("contracted_kw", "peak_kw", "power_eur", "excess_eur")
        drawn = {name: drawn.get(name) for name in ("energy_kwh", "energy_eur")}
        yield {"period": period, **drawn, **{name: held.get(name) for name in names}}


@dataclass(frozen=True)
class _Told:
    """The report's parts in one language."""

    month: Month
    language: str

    def say(self, word: str, **facts: object) -> str:
        return say(self.language, word, **facts)

    def n(self, value: float | None, digits: int = 2) -> str:
        return figure(value, digits, self.language)

    # -------------------------------------------------------------------------------------------------- headline
    def headline(self) -> Iterator[Part]:
        statement = self.month.statement
        totals = totals_document(statement)
        if not statement.settled:
            yield Paragraph(self.say("empty"))
            return
        if statement.compared:
            saving, off = self.n(totals["saving_eur"]), self.n(totals["uncertainty_eur"])
            days, every = len(statement.compared), len(statement.settled)
            pct = self.n(totals["saving_pct"], 1)
            yield Paragraph(self.say("measured", saving=saving, off=off, pct=pct, days=days, all=every))
        else:
            yield Paragraph(self.say("no comparison" if statement.measured else "not measured"))
        promised = planned_saving_eur(statement.settled)
        if promised is not None:
            yield Paragraph(self.say("promised", saving=self.n(promised)))

    # ---------------------------------------------------------------------------------------------------- energy
    def energy(self) -> Iterator[Part]:
        statement = self.month.statement
        planned = [day for day in statement.settled if day.figures.has_plan]
        days = statement.compared or statement.measured or planned
        if not days:
            return
        f, is_measured = summed(days), bool(statement.measured)
        kwh, eur = (f.measured_kwh, f.measured_eur) if is_measured else (f.planned_kwh, f.planned_eur)
        carbon = [carbon_kg(day) for day in days]
        known = [kg for kg in carbon if kg is not None]
        rows = (
            ("kg", f.kg if f.has_plan else None, 0),
            ("kwh", kwh, 0),
            ("kwh_per_kg", kwh / f.kg if f.kg else None, 3),
            ("eur_per_kg", eur / f.kg if f.kg else None, 4),
            ("carbon", sum(known) if len(known) == len(carbon) else None, 0),
            ("coverage", 100 * summed(statement.settled).coverage, 1),
        )
        yield Heading(self.say("energy"))
        head = (self.say("figure"), self.say("of measured" if is_measured else "of planned"))
        yield Grid(head, [(self.say(name), self.n(value, digits)) for name, value, digits in rows])

    # ------------------------------------------------------------------------------------------------------ bill
    def bill(self) -> Iterator[Part]:
        yield Heading(self.say("bill"))
        bill = self.month.bill
        if bill is None:
            yield Paragraph(self.say("no bill", why=self.month.why))
            return
        share = self.n(100 * bill["coverage"]["share"], 1)
        yield Paragraph(self.say("origin", origin=self.say(f"load {self.month.origin}"), share=share))
        names = ("period", "kwh", "energy_eur", "contracted", "peak", "power_eur", "excess_eur")
        rows = [
            (row["period"], *(self.n(v, d) for v, d in zip(list(row.values())[1:], (0, 2, 1, 1, 2, 2), strict=True)))
            for row in _periods(bill)
        ]
        yield Grid([self.say(name) for name in names], rows)
        sums = [(self.say(f"sum {name}"), self.n(bill[f"{name}_eur"])) for name in _SUMS]
        yield Grid((self.say("sum"), self.say("eur")), sums)
        if self.month.is_hourly:
            yield Paragraph(self.say("hourly"))

    # ------------------------------------------------------------------------------------------------------ days
    def days(self) -> Iterator[Part]:
        if not self.month.statement.settled:
            return
        names = (
            "day", "status", "baseline", "plan", "meter", "saving", "off", "cover", "made", "kwh_per_kg", "eur_per_kg",
            "co2",
        )  # fmt: skip
        yield Heading(self.say("days"))
        yield Grid([self.say(name) for name in names], [self._day(day) for day in self.month.statement.settled])

    def _day(self, day: SavedDay) -> Sequence[str]:
        d, status = day_document(day), self.say(f"status {day.status}")
        is_measured = day.status is DayStatus.MEASURED
        return (
            f"{day.day:%d}",
            status,
            self.n(d["baseline_eur"]),
            self.n(d["planned_eur"]),
            self.n(d["measured_eur"]) if is_measured else status,
            self.n(d["saving_eur"]) if is_measured else status,
            self.n(d["uncertainty_eur"]),
            self.n(100 * d["coverage"], 0),
            self.n(d["kg"], 0),
            self.n(d["kwh_per_kg"], 3),
            self.n(d["eur_per_kg"], 4),
            self.n(d["carbon_kg"], 0),
        )

    # ----------------------------------------------------------------------------------------------------- basis
    def basis(self) -> Iterator[Part]:
        yield Heading(self.say("how"))
        yield Points([self.say("rule"), *self._chapters(), *self._doubts()])

    def _chapters(self) -> Iterator[str]:
        of_days = {day.chapter.version for day in self.month.statement.settled if day.chapter is not None}
        for c in self.month.statement.chapters:
            if c.version in of_days:
                yield self.say("chapter", of=c.name, version=c.version, since=c.since.isoformat(), sha256=c.sha256)

    def _doubts(self) -> Iterator[str]:
        statement = self.month.statement
        if statement.compared:
            u, f = statement.uncertainty, statement.totals
            parts = {name: self.n(getattr(u, f"{name}_eur")) for name in ("meter", "prices", "model", "missing")}
            yield self.say("parts", **parts)
            if f.filled_kwh:
                yield self.say("filled", kwh=self.n(f.filled_kwh, 0), eur=self.n(f.filled_eur))
        if provisional := sum(not day.prices_final for day in statement.settled):
            yield self.say("provisional", days=provisional)
