"""The two predictions on a held-out year: 2024, learnt from June 2021 to December 2023.

    .venv/bin/python benchmarks/learning.py [--labels FOLDER] [--weeks N] [--workers 2]

Reads ../shared/upstreams/data. The recommendation needs the votes of planned weeks, about 12 s of core each: they are
kept in the folder, and only the newest N that are not there yet are planned (none by default).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import resource
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import joblib
import numpy as np

from chocolate_factory.adapters.label_files import LabelFiles
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.models import Training
from chocolate_factory.domain.series import TRUE_KINDS
from chocolate_factory.domain.time import HOUR
from chocolate_factory.learning.examples import examples_of
from chocolate_factory.learning.features import Rows
from chocolate_factory.learning.history import History
from chocolate_factory.learning.hours import Hours
from chocolate_factory.learning.rows import columns, columns_of
from chocolate_factory.learning.targets import classes, scores
from chocolate_factory.learning.verdict import judge
from chocolate_factory.usecases.advice_models import advice_training, score_training
from chocolate_factory.usecases.hours import EARLIEST, energy_price
from chocolate_factory.usecases.labels import Votes, on_hours, voted, weeks_of
from chocolate_factory.usecases.lessons import Lesson

DATA = Path(__file__).resolve().parents[2] / "shared" / "upstreams" / "data"
END = datetime(2024, 12, 31, 23, tzinfo=UTC)
PLANT = read_plant()


def read(name: str, column: str) -> dict[datetime, float]:
    with gzip.open(DATA / f"{name}_hourly.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row[column]]
    return {datetime.fromisoformat(row["start_utc"]).astimezone(UTC): float(row[column]) for row in rows}


def history() -> History:
    starts = [EARLIEST + n * HOUR for n in range(int((END - EARLIEST) / HOUR))]

    def column(values: Mapping[datetime, float], divisor: float = 1.0) -> np.ndarray:
        return np.array([values.get(start, np.nan) for start in starts]) / divisor

    spot = {t: energy_price(PLANT.contract, t, v) for t, v in read("spot", "eur_mwh").items() if t >= EARLIEST}
    weather = (column(read("linares_weather", name)) for name in ("temperature_c", "humidity_pct"))
    pvpc, demand = column(read("pvpc", "eur_mwh"), 1000), column(read("demand", "actual_mw"))
    return History(Hours(EARLIEST, PLANT.contract.tariff, pvpc, column(spot), demand, *weather), PLANT)


def votes(of: History, folder: Path, most: int, workers: int) -> dict[date, Votes]:
    kept = LabelFiles(folder)
    weeks = weeks_of(of.hours, PLANT)
    missing = [monday for monday in sorted(weeks, reverse=True) if weeks[monday].fingerprint not in kept]
    chosen = {monday: weeks[monday] for monday in weeks if monday not in missing[most:]}
    return voted(chosen, kept, lambda vote, some: joblib.Parallel(workers)(joblib.delayed(vote)(w) for w in some))


def show(name: str, training: Training, seconds: float) -> None:
    print(f"\n{name}: {seconds:.1f} s of core")
    if training.challenger is None:
        print(training.problem)
        return
    card = training.challenger.card
    rows = {f"{card.sort} (champion until beaten: {training.baseline.card.sort})": card.scores, **card.baselines}
    for sort, figures in rows.items():
        print(f"  {sort}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()))
    print(f"  {card.rows} rows, judged on {card.judged_on}, file {len(training.challenger.file) / 1024:.0f} kB")
    print(f"  {judge(training.evidence).reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, default=Path("/tmp/labels"))
    parser.add_argument("--weeks", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    made = history()
    lesson = Lesson(None, TRUE_KINDS, PLANT, END, "benchmark", "benchmark")  # type: ignore[arg-type]
    begin = time.process_time()
    features = columns_of(made, np.arange(len(made.hours)))
    print(f"{len(features)} rows of features: {time.process_time() - begin:.1f} s of core")
    begin = time.process_time()
    show("score", score_training(lesson, examples_of(made, features, scores(made))), time.process_time() - begin)
    found = votes(made, asked.labels, asked.weeks, asked.workers)
    print(f"\n{len(found)} weeks with votes")
    begin, target = time.process_time(), classes(on_hours(found, made.hours)).astype(float)
    examples = examples_of(made, features, np.where(target < 0, np.nan, target), made.possible > 0)
    try:
        show("recommendation", advice_training(lesson, examples), time.process_time() - begin)
    except NotYetError as e:
        print(e)
    begin = time.perf_counter()
    for row in range(20_000, 20_200):
        columns(Rows.of(made, np.array([row])))
    print(f"\none row of features: {1000 * (time.perf_counter() - begin) / 200:.1f} ms")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
