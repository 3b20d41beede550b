"""What the planner is worth: the rows of the plant's facts' table, computed for the whole of 2024.

    .venv/bin/python benchmarks/year2024.py [--weeks N] [--rows 1,2] [--seconds 40] [--out FILE]

One product, 2 t due each working day; each week is planned with its prices and weather known, as they came, and the
next one begins with the stocks that it leaves. Prices are the spot's of 2024 under the tolls of 2026, the only ones
that are kept. The last days of December are a short week.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from joblib import Parallel, delayed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from planning_problems import one_product_plant, real_problem

from chocolate_factory.domain.plan import Options, Plan, Problem, Status
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import DAY, madrid_midnight
from chocolate_factory.planning.baselines import compact_block, constant_rate, fixed_block
from chocolate_factory.planning.carry import Standing, good_by_slot, standing
from chocolate_factory.planning.solve import make_plan

#: So much power is contracted where a row has no limit.
NO_CAP_KW = 1000.0
#: One price for every hour, EUR/kWh: the cheapest plan is then the one of least energy.
ONE_PRICE = 0.15
Planner = Callable[[Problem, Options], Plan]


@dataclass(frozen=True)
class Row:
    """One way to plan the year."""

    name: str
    cap_kw: float
    plan: Planner


@dataclass(frozen=True)
class Sum:
    """What a row came to: energy in EUR and kWh, good kilograms, the highest power, starts, kg x h late, worst gap."""

    weeks: int
    eur: float
    kwh: float
    good_kg: float
    stock_change_kg: float
    peak_kw: float
    starts: int
    late_kg_h: float
    worst_gap: float


def by_price(problem: Problem, options: Options) -> Plan:
    """The cheapest plan."""
    return make_plan(problem, options)


def by_energy(problem: Problem, options: Options) -> Plan:
    """The plan of least energy, told at the real prices."""
    flat = replace(problem, slots=tuple(replace(s, energy_eur_kwh=ONE_PRICE) for s in problem.slots))
    plan = make_plan(flat, options)
    told = [
        replace(s, input=i, cost_eur=s.energy_kwh * i.energy_eur_kwh)
        for s, i in zip(plan.slots, problem.slots, strict=True)
    ]
    return replace(plan, problem=problem, slots=tuple(told))


def by_rule(rule: Callable[[Problem], Plan]) -> Planner:
    """A baseline, which knows no options."""
    return lambda problem, _options: rule(problem)


ROWS = (
    Row("B1 line on 06-22 at constant rate", NO_CAP_KW, by_rule(constant_rate)),
    Row("B2 compact block from 06:00, blind to price", NO_CAP_KW, by_rule(compact_block)),
    Row("B3 rule: always 12-18", NO_CAP_KW, by_rule(fixed_block)),
    Row("MILP, least kWh, cap 150", 150.0, by_energy),
    Row("MILP, price, cap 150", 150.0, by_price),
    Row("MILP, price, cap 130", 130.0, by_price),
    Row("MILP, price, no cap", NO_CAP_KW, by_price),
    Row("B2 within 150 kW, as plans are measured", 150.0, by_rule(compact_block)),
)


# ------------------------------------------------------------------------------------------------------------ the year
def mondays() -> Iterator[tuple[date, date]]:
    """The weeks of 2024, from Monday to Monday; the last one ends with the year."""
    day = date(2024, 1, 1)
    while day.year == 2024:
        yield day, min(day + 7 * DAY, date(2025, 1, 1))
        day += 7 * DAY


def year(row: Row, weeks: int, options: Options) -> Sum:
    """All weeks of a row, one after the other."""
    plant = one_product_plant(row.cap_kw)
    left, plans = None, []
    for first, end in list(mondays())[:weeks]:
        problem = week(plant, first, end, left)
        plan = row.plan(problem, options)
        if plan.status is Status.INFEASIBLE:
            raise RuntimeError(f"{row.name}, week of {first}: {plan.note}")
        plans.append(plan)
        left = standing(plan, problem.horizon.end)
        print(table([(row, summed(plans))]).splitlines()[-1], file=sys.stderr, flush=True)
    return summed(plans)


def week(plant: Plant, first: date, end: date, left: Standing | None) -> Problem:
    """A week that begins as the one before ended and leaves the tanks as full as they are meant to be."""
    start = madrid_midnight(first)
    problem = real_problem(plant, start, round((madrid_midnight(end) - start).total_seconds() / 3600))
    problem = replace(problem, end_kg={"dark": min(sum(plant.stocks.tanks_kg.values()), problem.stocks_kg["dark"])})
    if left is None:
        return problem
    return replace(problem, stocks_kg=left.stocks_kg, finished_kg=left.finished_kg, running=left.running)


def summed(plans: list[Plan]) -> Sum:
    """The year of some weeks."""
    first, last = plans[0].problem.stocks_kg, plans[-1].slots[-1].stocks_kg
    return Sum(
        weeks=len(plans),
        eur=sum(p.cost_eur for p in plans),
        kwh=sum(p.kwh for p in plans),
        good_kg=sum(sum(good_by_slot(p, "dark")) for p in plans),
        stock_change_kg=last["dark"] - first["dark"],
        peak_kw=max(kw for p in plans for kw in p.peak_kw().values()),
        starts=sum(b.stage == "line" for p in plans for b in p.batches),
        late_kg_h=sum(p.late_kg_h for p in plans),
        worst_gap=max((p.solver.gap or 0.0) for p in plans),
    )


# ----------------------------------------------------------------------------------------------------------- the table
def table(sums: list[tuple[Row, Sum]]) -> str:
    """The rows as Markdown."""
    lines = [
        "| plan | weeks | EUR | kWh/kg | EUR/kg | peak kW | good kg | stock kg | starts | late kg h | worst gap |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, s in sums:
        gap = f"{100 * s.worst_gap:.2f} %" if s.worst_gap else ""
        lines.append(
            f"| {row.name} | {s.weeks} | {s.eur:,.0f} | {s.kwh / s.good_kg:.3f} | {s.eur / s.good_kg:.4f} "
            f"| {s.peak_kw:.0f} | {s.good_kg:,.0f} | {s.stock_change_kg:+,.0f} | {s.starts} "
            f"| {s.late_kg_h:,.0f} | {gap} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=53, help="how many weeks of 2024, from the first on")
    parser.add_argument("--seconds", type=float, default=40.0, help="time limit of a week")
    parser.add_argument("--gap", type=float, default=0.015, help="relative gap that is good enough")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", help="numbers of the rows, 1 for the first; all by default")
    parser.add_argument("--out", type=Path, help="file for the table")
    given = parser.parse_args()
    options = Options(time_limit_s=given.seconds, gap=given.gap, whole_h=200.0)
    # the longest first, so that both processes end together
    rows = [ROWS[int(n) - 1] for n in given.rows.split(",")] if given.rows else list(ROWS)
    order = sorted(rows, key=lambda row: row.plan is not by_price)
    found = Parallel(given.processes)(delayed(year)(row, given.weeks, options) for row in order)
    by_name = {row.name: s for row, s in zip(order, found, strict=True)}
    text = table([(row, by_name[row.name]) for row in rows])
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
