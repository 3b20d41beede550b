"""Price forecasts, walk-forward over 2024: learnt from what came before, decided at 12:00 the day before.

    .venv/bin/python benchmarks/forecast.py [--months 12] [--refit-days 7] [--workers 2] [--series spot] [--out FILE]

Reads ../shared/upstreams/data. Scores by lead day and member, and the seconds that training and forecasting take.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import platform
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.forecast import LEADS, LeadScore
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.forecasting.conformal import DAYS
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.forecasting.files import from_bytes, to_bytes
from chocolate_factory.forecasting.fit import calibration_steps, fitted_of
from chocolate_factory.forecasting.forecast import forecast_hours
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.forecasting.model import MEMBERS, SERVED, Variant
from chocolate_factory.forecasting.naive import NAIVES
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.forecasting.scores import is_too_good, mae
from chocolate_factory.forecasting.walk import Told, errors, joined, score, step, steps
from chocolate_factory.modelling.paired import diebold_mariano

DATA = Path(__file__).resolve().parents[2] / "shared" / "upstreams" / "data"
FILES = {"spot": ("spot", "eur_mwh"), "pvpc": ("pvpc", "eur_mwh"), "demand_forecast": ("demand", "forecast_mw")}
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
NOON = timedelta(hours=12)


def read_hours(series: str) -> dict[datetime, float]:
    name, column = FILES[series]
    with gzip.open(DATA / f"{name}_hourly.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row[column]]
    return {datetime.fromisoformat(row["start_utc"]).astimezone(UTC): float(row[column]) for row in rows}


def known(series: str, at: datetime) -> Days:
    """What had been published of a series at a moment."""
    published = spec_of(series).published
    return days_known_at(at, {t: v for t, v in read_hours(series).items() if published(t) <= at}, published)


def panel_at(series: str, at: datetime) -> Panel:
    return panel_of(known(series, at), {"demand_forecast": known("demand_forecast", at)})


def one_step(panel: Panel, origins: np.ndarray, recipe: Recipe) -> tuple[dict[Variant, Told], float]:
    """A step on one thread, and its seconds of processor."""
    begin = time.process_time()
    with threadpool_limits(1):
        told = step(panel, origins, recipe)
    return told, time.process_time() - begin


def in_parallel(
    jobs: list[tuple[Panel, np.ndarray, Recipe]], workers: int
) -> Iterator[tuple[dict[Variant, Told], float]]:
    pool = joblib.Parallel(n_jobs=workers, return_as="generator")
    begin = time.perf_counter()
    for number, done in enumerate(pool(joblib.delayed(one_step)(*job) for job in jobs), start=1):
        print(f"{number}/{len(jobs)} {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
        yield done


def walked(panel: Panel, last: date, refit_days: int, workers: int) -> tuple[dict[Variant, Told], float]:
    """Forecasts from three months before the year, so that it has intervals from its first day on."""
    start = (FIRST - panel.first).days - DAYS - LEADS[-1]
    jobs = [(panel, origins, Recipe()) for origins in steps(start, (last - panel.first).days - 1, refit_days)]
    parts = list(in_parallel(jobs, workers))
    return joined(told for told, _ in parts), sum(seconds for _, seconds in parts) / len(parts)


# ------------------------------------------------------------------------------------------------------------ tables
def table(head: str, rows: list[str]) -> str:
    return "\n".join([head, "|".join(["", *["---"] * (head.count("|") - 1), ""]), *rows])


def score_row(name: str, s: LeadScore) -> str:
    figures = f"{s.mae:.2f} | {s.rmae:.3f} | {s.weekly_rmae:.3f} | {s.pinball:.2f} | {100 * s.coverage:.1f} %"
    return f"| {name} | {s.hours} | {figures}{' | TOO GOOD' if is_too_good(s) else ''} |"


def by_member(panel: Panel, told: dict[Variant, Told], since: int) -> list[str]:
    tomorrow = [v for v in told if v.lead == 1]
    return [
        score_row(f"{member}, {'with the demand forecast' if v.guided else 'prices and calendar'}", s)
        for v in tomorrow
        for member in MEMBERS[:3]  # tomorrow's blend is their mean
        for s in [score(panel, told[v], member, 1, since)]
    ]


def by_lead(panel: Panel, told: dict[Variant, Told], since: int) -> list[str]:
    blind = [v for v in told if not v.guided]
    return [score_row(str(v.lead), score(panel, told[v], SERVED, v.lead, since)) for v in blind]


def members_by_lead(panel: Panel, told: dict[Variant, Told], since: int) -> list[str]:
    """Each member's error as a share of last week's."""
    rows = []
    for v in (v for v in told if not v.guided):
        shares = (score(panel, told[v], member, v.lead, since).weekly_rmae for member in MEMBERS)
        rows.append(f"| {v.lead} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    return rows


def naive_rows(panel: Panel, since: int, last: int) -> list[str]:
    rows = np.arange(since, last + 1)
    rows = rows[panel.real[rows]]
    said = {name: method(panel.prices, panel.first, rows, 1) for name, method in NAIVES.items()}
    return [f"| {name} | {mae(panel.prices[rows], prices):.2f} |" for name, prices in said.items()]


def paired(panel: Panel, told: dict[Variant, Told], since: int) -> list[str]:
    """The mean against each member, and with demand against without, on the same days."""
    blind, guided = told[Variant(1, guided=False)], told[Variant(1, guided=True)]
    both = np.intersect1d(blind.targets[blind.targets >= since], guided.targets)

    def wrong(of: Told, member: str) -> np.ndarray:
        return errors(panel, of, member)[np.isin(of.targets, both)]

    pairs = {f"the mean against {m}": (wrong(guided, SERVED), wrong(guided, m)) for m in MEMBERS[:2]}
    pairs["with the demand forecast against without"] = (wrong(guided, SERVED), wrong(blind, SERVED))
    tests = {name: diebold_mariano(first, second) for name, (first, second) in pairs.items()}
    return [f"| {name} | {t.statistic:.2f} | {t.p_first_better:.4f} | {t.days} |" for name, t in tests.items()]


# ------------------------------------------------------------------------------------------------------------- speed
def timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, core = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - core


def speed(series: tuple[str, ...], workers: int) -> list[str]:
    """Training of every series on three years, margins included, with one process for each piece; then a forecast."""
    at = madrid_midnight(LAST) - NOON
    panels = {name: panel_at(name, at) for name in series}
    panels = {name: three_years(panel) for name, panel in panels.items()}
    begin = time.perf_counter()
    fits = joblib.Parallel(n_jobs=workers)(joblib.delayed(fit_one)(name, panel) for name, panel in panels.items())
    wall = time.perf_counter() - begin
    core = sum(seconds for _, seconds in fits)
    fitted = fits[0][0]
    said, _ = timed(lambda: forecast_hours(fitted, panels[series[0]], at))
    body = to_bytes(fitted)
    read, _ = timed(lambda: from_bytes(body))
    what = f"training of {' and '.join(series)} on three years, margins included, {workers} workers"
    return [
        f"| {what} | {wall:.0f} s ({core:.0f} s of processor) |",
        f"| a forecast of 168 h | {said:.3f} s |",
        f"| a model's file | {len(body) / 1e6:.1f} MB, read in {read:.2f} s |",
    ]


def three_years(panel: Panel) -> Panel:
    since = panel.origin - 3 * 365
    guides = {name: guide[since:] for name, guide in panel.guides.items()}
    return Panel(panel.day(since), panel.prices[since:], panel.real[since:], guides)


def fit_one(series: str, panel: Panel) -> tuple[object, float]:
    begin = time.process_time()
    with threadpool_limits(1):
        told = joined(step(panel, origins, Recipe()) for origins in calibration_steps(panel))
        fitted = fitted_of(series, panel, told, Recipe())
    return fitted, time.process_time() - begin


def report(given: argparse.Namespace) -> str:
    last = LAST if given.months == 12 else date(2024, given.months + 1, 1) - timedelta(days=1)
    panel = panel_at(given.series, madrid_midnight(LAST + timedelta(days=1)))
    since, end = (FIRST - panel.first).days, (last - panel.first).days
    told, seconds = walked(panel, last, given.refit_days, given.workers)
    told = {v: until(t, end) for v, t in told.items()}
    head = "| | hours | MAE EUR/MWh | rMAE to EPF naive | to last week | pinball | P10 to P90 covers |"
    parts = [
        f"# {given.series}, {FIRST} to {last}, decided at 12:00 the day before, refitted every {given.refit_days} days",
        f"Python {platform.python_version()}, {platform.machine()}; {seconds:.1f} s of processor for a training.",
        table("| naive, tomorrow | MAE EUR/MWh |", naive_rows(panel, since, end)),
        "Tomorrow:\n\n" + table(head, by_member(panel, told, since)),
        f"By lead day, {SERVED}, prices and calendar:\n\n" + table(head, by_lead(panel, told, since)),
        "By lead day and member, error as a share of last week's:\n\n"
        + table(f"| lead | {' | '.join(MEMBERS)} |", members_by_lead(panel, told, since)),
        "Diebold-Mariano, tomorrow:\n\n"
        + table("| | statistic | p (the first is no better) | days |", paired(panel, told, since)),
    ]
    if not given.no_speed:
        parts.append(table("| what | measured |", speed(("spot", "pvpc"), given.workers)))
    return "\n\n".join(parts) + "\n"


def until(told: Told, last: int) -> Told:
    kept = told.targets <= last
    return Told(told.targets[kept], {name: prices[kept] for name, prices in told.members.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", choices=("spot", "pvpc"), default="spot")
    parser.add_argument("--months", type=int, choices=range(1, 13), default=12, metavar="1..12")
    parser.add_argument("--refit-days", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-speed", action="store_true", help="leave the timing out")
    parser.add_argument("--out", type=Path, help="write the Markdown there, else to the terminal")
    given = parser.parse_args()
    text = report(given)
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
