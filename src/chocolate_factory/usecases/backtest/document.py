"""A backtest as JSON: the strategies side by side, what the forecasts were worth, and what an auditor asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from chocolate_factory.domain.tariff import prices_at
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.declared import DECLARED
from chocolate_factory.usecases.backtest.accounts import SAME_KG, Account
from chocolate_factory.usecases.backtest.chain import DayRecord
from chocolate_factory.usecases.backtest.deed import Result
from chocolate_factory.usecases.backtest.forecast_scores import AheadScore
from chocolate_factory.usecases.backtest.given import DECIDED_H, Given
from chocolate_factory.usecases.backtest.identity import plant_sha256, versions
from chocolate_factory.usecases.backtest.strategies import ABLATIONS, BASELINE, HORIZON_H
from chocolate_factory.usecases.problem import STAND_IN_TABLES

Json = dict[str, Any]

WEATHER: Final = (
    "No weather forecast was kept: forecasts are the weather that came with an assumed error, seeded, that grows from "
    "1 °C and 6 points of humidity for the next hour to 3 °C and 15 points for the seventh day."
)
CONTROL: Final = (
    "Deliveries, crew and plant are the plant file's; breakdowns are the simulator's, the same luck for every strategy."
)


def document_of(result: Result) -> Json:
    """Everything; amounts in EUR, energy in kWh, shares in %."""
    given = result.wanted.given
    return {
        "period": _period(given),
        "strategies": {name: _strategy(result, name) for name in _names(result)},
        "captured_pct": _rounded(result.captured_pct(), 2),
        "forecast": _forecast(result),
        "ablation": _ablation(result) if result.wanted.ablate else None,
        "same_kg": _same_kg(result),
        "months": list(_months(result)),
        "tariff": _tariff(given),
        "baseline": {"name": DECLARED.name, "version": DECLARED.version, "sha256": DECLARED.sha256},
        "plant": _plant(given),
        "inputs": {f"{name}_sha256": digest for name, digest in given.history.checksums().items()},
        "seed": given.seed,
        "versions": versions(),
        "notes": list(_notes(result)),
    }


def _names(result: Result) -> list[str]:
    """The strategies without the ablations."""
    return [strategy.name for strategy in result.wanted.strategies]


def _period(given: Given) -> Json:
    period = given.period
    return {
        "first_day": given.first.isoformat(),
        "last_day": given.last.isoformat(),
        "start": isoformat_madrid(period.start),
        "end": isoformat_madrid(period.end),
        "decided_at": f"{DECIDED_H}:00 the day before",
        "committed_hours": 24,
        "horizon_hours": HORIZON_H,
    }


def _strategy(result: Result, name: str) -> Json:
    account, baseline = result.accounts[name], result.accounts[BASELINE.name]
    return {
        "cost_eur": round(account.cost_eur, 2),
        "kg": round(account.kg, 1),
        "kwh": round(account.kwh, 1),
        "eur_per_kg": _rounded(account.eur_per_kg, 5),
        "saving_pct": _rounded(account.saving_pct(baseline), 3),
        "late_kg": round(account.late_kg, 1),
        "saving_eur": round(account.saving_eur(baseline), 2),
        "energy_eur": round(account.energy_eur, 2),
        "stock_eur": round(account.stock_eur, 2),
        "due_kg": round(account.due_kg, 1),
        "line_starts": account.starts,
        "power_terms": _power(account),
        "by_period": {
            period: {"kwh": round(m.kwh, 1), "energy_eur": round(m.eur, 2), "peak_kw": round(m.peak_kw, 1)}
            for period, m in account.by_period.items()
        },
    }


def _power(account: Account) -> Json:
    power = account.power
    return {"contracted_eur": round(power.contracted_eur, 2), "excess_eur": _rounded(power.excess_eur, 2)}


# ------------------------------------------------------------------------------------------------ what it rests on
def _forecast(result: Result) -> Json:
    spoken = [{"from": s.first.isoformat(), "to": s.last.isoformat(), "by": s.by or None} for s in result.spoken]
    return {
        "days_ahead": [_score(score) for score in result.scores],
        "with_demand": [_score(score) for score in result.guided],
        "refit_days": result.wanted.refit_days,
        "steps": spoken,
    }


def _score(score: AheadScore) -> Json:
    return {
        "days_ahead": score.days_ahead,
        "hours": score.hours,
        "mae_eur_mwh": round(score.mae, 3),
        "rmae": _rounded(score.rmae, 4),
        "epf_naive_mae_eur_mwh": round(score.naive_mae, 3),
    }


def _ablation(result: Result) -> Json:
    baseline, planner = result.accounts[BASELINE.name], result.captured_pct()
    return {
        one.name: {
            "cost_eur": round(result.accounts[one.name].cost_eur, 2),
            "saving_pct": _rounded(result.accounts[one.name].saving_pct(baseline), 3),
            "captured_pct": _rounded(result.captured_pct(one.name), 2),
            "more_than_planner_pct_points": _rounded(_more(result.captured_pct(one.name), planner), 2),
        }
        for one in ABLATIONS
    }


def _more(captured: float | None, than: float | None) -> float | None:
    return None if captured is None or than is None else captured - than


def _same_kg(result: Result) -> Json:
    """How far apart the strategies' good kilograms are, as a share of the baseline's."""
    baseline = result.accounts[BASELINE.name].kg
    spread = max(abs(result.accounts[name].kg - baseline) for name in _names(result))
    share = spread / baseline if baseline else 0.0
    return {"most_apart_pct": round(100 * share, 3), "within_half_a_percent": share <= SAME_KG}


def _months(result: Result) -> Iterator[Json]:
    """Energy as metered and good kilograms of each month; stocks are not valued in it."""
    by_month = {name: _by_month(result.chains[name]) for name in _names(result)}
    for month in by_month[BASELINE.name]:
        yield {"month": month, "strategies": {name: months[month] for name, months in by_month.items()}}


def _by_month(days: Sequence[DayRecord]) -> dict[str, Json]:
    months = ((month, list(records)) for month, records in groupby(days, key=lambda record: f"{record.day:%Y-%m}"))
    return {month: _sums(records) for month, records in months}


def _sums(records: Sequence[DayRecord]) -> Json:
    metered = [m for record in records for m in record.went.metered.values()]
    return {
        "energy_eur": round(sum(m.eur for m in metered), 2),
        "kwh": round(sum(m.kwh for m in metered), 1),
        "kg": round(sum(record.went.good_kg for record in records), 1),
        "late_kg": round(sum(record.went.late_kg for record in records), 1),
    }


def _tariff(given: Given) -> Json:
    """The table that prices the period: its own, or a constant one, by name."""
    tariff, untabled = given.plant.contract.tariff, _untabled(given)
    year = STAND_IN_TABLES.year if untabled else given.first.year
    return {"name": tariff.value, "tables_of": year, "constant": bool(untabled)}


def _untabled(given: Given) -> int:
    """Days without a table of their own."""
    return sum(prices_at(day, given.plant.contract.tariff) is None for day in given.days)


def _plant(given: Given) -> Json:
    plant = given.plant
    return {
        "name": plant.name,
        "products": [product.name for product in plant.products],
        "sha256": plant_sha256(plant),
        "contracted_kw": {period.value: kw for period, kw in plant.contract.contracted_kw.items()},
    }


# ----------------------------------------------------------------------------------------------------------- notes
def _notes(result: Result) -> Iterator[str]:
    given = result.wanted.given
    if untabled := _untabled(given):
        yield (
            f"No table of tolls and charges holds on {untabled} of {len(given.days)} days: those of "
            f"{STAND_IN_TABLES.year} stand in for them, the same all through."
        )
    yield WEATHER
    yield CONTROL
    if not _same_kg(result)["within_half_a_percent"]:
        yield (
            "Good kilograms are further apart than half a percent: over a short period a batch more or less is that "
            "much; what is there at the end is valued in cost_eur."
        )
    if any(not s.by for s in result.spoken):
        yield "On some days nobody could forecast prices: those of the last known day stood in."
    for name, days in result.chains.items():
        for note, times in Counter(record.note for record in days if record.note).items():
            yield f"{name}: on {times} of {len(days)} days {note}."


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
