"""Price forecasts, walk-forward over 2024: learnt from what came before, decided at 12:00 the day before.

    .venv/bin/python benchmarks/forecast.py [--months 12] [--refit-days 7] [--workers 2] [--series spot] [--out FILE]

Reads ../shared/upstreams/data. Scores by lead day and member; the seconds that training both series as the job does,
a forecast, and serving it take.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import joblib
import numpy as np
from threadpoolctl import threadpool_limits
from timed import Timed

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.catalogue import observations, spec_of
from chocolate_factory.domain.forecast import LEADS, LeadScore
from chocolate_factory.domain.models import PRICE_MODELS, Alias, ModelVersion, RegistryState, Training
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.forecasting.conformal import DAYS
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.forecast import forecast_hours
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.forecasting.model import MEMBERS, SERVED, Variant
from chocolate_factory.forecasting.naive import NAIVES
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.forecasting.scores import is_too_good, mae
from chocolate_factory.forecasting.walk import Told, errors, joined, score, step, steps
from chocolate_factory.modelling.paired import diebold_mariano
from chocolate_factory.usecases.forecasts import Forecasts
from chocolate_factory.usecases.outlook import outlook_document
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.price_models import make_price_model

DATA = Path(__file__).resolve().parents[2] / "shared" / "upstreams" / "data"
FILES = {"spot": ("spot", "eur_mwh"), "pvpc": ("pvpc", "eur_mwh"), "demand_forecast": ("demand", "forecast_mw")}
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
NOON = timedelta(hours=12)
CHAMPION = frozenset({Alias.CHAMPION})


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
def speed(workers: int) -> list[str]:
    """A training of both series on three years from a store, margins, evidence and plots included; then serving."""
    at = madrid_midnight(LAST) - NOON
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder))
        mapper, wall, core = Timed(workers), time.perf_counter(), time.process_time()
        made = {series: trained(series, store, at, mapper) for series in PRICE_MODELS}
        wall, core = time.perf_counter() - wall, time.process_time() - core + mapper.seconds
        rows = serving(Path(folder), store, at, made)
        store.close()
    for series, training in made.items():
        print(series, training.evidence, training.challenger.card.scores, file=sys.stderr)
    what = f"training of {' and '.join(made)} on three years, {workers} workers"
    return [f"| {what} | {wall:.0f} s ({core:.0f} s of processor) |", *rows]


def filled(folder: Path) -> SqliteStore:
    store = SqliteStore(folder / "store.db", "real")
    for series in FILES:
        points = sorted(read_hours(series).items())
        store.write(observations(series, "ree", Kind.OBSERVED, points, points[-1][0] + timedelta(days=30)))
    return store


def trained(series: str, store: SqliteStore, at: datetime, mapper: Timed) -> Training:
    return make_price_model(
        series, store, TRUE_KINDS, read_plant(), at=at, code_version="benchmark", reason="first", champion=None,
        mapper=mapper,
    )  # fmt: skip


def serving(folder: Path, store: SqliteStore, at: datetime, made: dict[str, Training]) -> list[str]:
    """As the brain does it: from the shelf, with the last ten weeks, to JSON."""
    files = [training.challenger.file for training in made.values()]
    versions = [
        ModelVersion(training.challenger.card, 1, sha256(training.challenger.file).hexdigest(), "", CHAMPION)
        for training in made.values()
    ]
    shelf = FileShelf(folder / "models")
    shelf.put(
        RegistryState(connected=True, address="", experiments=(), versions=tuple(versions), asked_at=at),
        {v.sha256: f for v, f in zip(versions, files, strict=True)},
    )
    deed = Forecasts(store, shelf, FixedClock(at), TRUE_KINDS)
    first = seconds_of(lambda: deed.refresh(at), 1)
    idle = seconds_of(lambda: deed.refresh(at), 20)
    served = seconds_of(lambda: json.dumps(outlook_document(deed.prices("spot"))), 300)
    panel, fitted = PriceHistory(store, TRUE_KINDS).panel("spot", at), from_bytes(files[0])
    forecast = seconds_of(lambda: forecast_hours(fitted, panel, at), 20)
    return [
        f"| a forecast of 168 h | {np.median(forecast):.3f} s |",
        f"| forecasts of both series, models read and prices stored | {first[0]:.2f} s |",
        f"| the same where nothing has changed | {np.median(idle):.3f} s |",
        f"| 168 h served, to JSON | {1000 * np.median(served):.1f} ms, p99 {1000 * np.quantile(served, 0.99):.1f} ms |",
        f"| the models' files | {' and '.join(f'{len(body) / 1e6:.1f}' for body in files)} MB |",
    ]


def seconds_of(work: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return found


def report(given: argparse.Namespace) -> str:
    if given.only_speed:
        return table("| what | measured |", speed(given.workers)) + "\n"
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
    if not given.no_speed:  # beside other work it takes several times as long
        parts.append(table("| what | measured |", speed(given.workers)))
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
    parser.add_argument("--only-speed", action="store_true", help="measure times alone")
    parser.add_argument("--out", type=Path, help="write the Markdown there, else to the terminal")
    given = parser.parse_args()
    text = report(given)
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
