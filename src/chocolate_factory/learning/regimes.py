"""Changes of the rules, by date: what was learnt before one of them is of another market.

Sources: ../shared/facts/electricity.md; the decrees are named there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy


@dataclass(frozen=True, slots=True)
class Regime:
    """One change of the rules.

    Attributes:
        name: short, as it stands in an alert's cause.
        since: the first Madrid day of it.
        series: those that it changes.
        what: what has changed, in a clause.
        source: who says so.
    """

    name: str
    since: date
    series: frozenset[str]
    what: str
    source: str


_SPOT, _PVPC, _TARIFF = frozenset({"spot"}), frozenset({"pvpc"}), frozenset({"pvpc", "tariff"})
_FUTURES: Final = "facts/electricity.md, PVPC"

#: Those that came once. New tolls come each year: see ``regimes_after``.
REGIMES: Final = (
    Regime("six periods", date(2021, 6, 1), _TARIFF, "the periods P1 to P6 replaced those before",
           "CNMC Circular 3/2020, art. 7"),
    Regime("PVPC futures 25 %", date(2024, 1, 1), _PVPC, "a quarter of PVPC's energy follows futures", _FUTURES),
    Regime("PVPC futures 40 %", date(2025, 1, 1), _PVPC, "40 % of PVPC's energy follows futures", _FUTURES),
    Regime("quarter-hour market", date(2025, 10, 1), _SPOT, "the market trades quarter-hours",
           "facts/electricity.md, Spot"),
    Regime("PVPC futures 55 %", date(2026, 1, 1), _PVPC, "55 % of PVPC's energy follows futures", _FUTURES),
)  # fmt: skip
#: Since that year tolls and charges change on 1 January.
FIRST_TOLLS: Final = 2022


def regimes_after(learnt_until: date, today: date) -> list[Regime]:
    """Those that began after a day, up to today, in order."""
    both = (*REGIMES, *_tolls(learnt_until, today))
    return sorted((r for r in both if learnt_until < r.since <= today), key=lambda r: (r.since, r.name))


def regimes_met(learnt_until: date, today: date, series: frozenset[str]) -> list[DriftFinding]:
    """The changes that a model has not learnt from and that touch what it reads.

    Args:
        learnt_until: the last day that it has seen.
        series: what it reads; ``tariff`` among them where tolls and charges are part of it.
    """
    return [_finding(r, today) for r in regimes_after(learnt_until, today) if r.series & series]


def _tolls(learnt_until: date, today: date) -> Iterator[Regime]:
    for year in range(max(learnt_until.year, FIRST_TOLLS), today.year + 1):
        since = date(year, 1, 1)
        yield Regime(f"tolls {year}", since, _TARIFF, f"the tolls and charges of {year} hold", "CNMC, each December")


def _finding(regime: Regime, today: date) -> DriftFinding:
    days = (today - regime.since).days + 1
    why = f"Since {regime.since} {regime.what} ({regime.source}); the model learnt before."
    measure = "days of it that the model has not seen"
    return DriftFinding(DriftKind.WORLD, regime.name, regime.since, measure, days, 0.0, Remedy.RETRAIN_SHORT, why)
