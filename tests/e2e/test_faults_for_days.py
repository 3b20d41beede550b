"""Acceptance 8 of issue 5: two simulated days over the change of the clocks, upstreams in trouble a fifth of the time.

Faults of every kind that the replay knows, of one upstream, of some or of all, for ten minutes or for hours; then a
calm morning. Nothing may break, nothing wrong be stored, no memory be lost, and no gap be left.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest
import structlog
from simulated import MINUTE, Life, OwnReplay, SimulatedClock, living
from stage import PREFIX
from structlog.testing import capture_logs
from truth import held, twice, wrong

from chocolate_factory.adapters.plant_file import document_of, read_plant
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import GapState, Outcome
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.wiring import upstreams

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: A Saturday; its night has 25 hours.
BEGIN = datetime.fromisoformat("2026-10-24T05:00:00+02:00").astimezone(UTC)
DAYS = 2 * DAY
#: Afterwards, calm: two checks of the gaps, and a night's deeds before them.
CALM = 8 * HOUR
KINDS = (
    "500", "502", "503", "429", "403html", "empty", "garbage", "nulls", "truncate", "reset", "timeout", "slow",
)  # fmt: skip
LENGTHS = (10, 10, 20, 20, 30, 45, 60, 120)
#: One who is silent is given up after this, so that the trial does not wait as long as a brain would, s.
SILENCE_S = 0.5
#: A ton of dark chocolate on each working day: a plan in a fraction of a second.
DEMAND = {"weekly": {day: {"dark": 1000} for day in ("mon", "tue", "wed", "sat")}, "weekly_due_h": 22, "orders": []}


@dataclass(frozen=True)
class Stretch:
    """So long these rules are in force; none of them in calm times."""

    minutes: int
    rules: tuple[dict, ...] = ()


def rules(chance: random.Random, kind: str) -> tuple[dict, ...]:
    """Who is in that sort of trouble: one, some, all; always, or more often than not."""
    whom = chance.choice(([chance.choice(list(PREFIX))], chance.sample(list(PREFIX), 3), list(PREFIX)))
    often = chance.choice((1.0, 1.0, 0.6))
    seconds = 2 * SILENCE_S if kind == "timeout" else SILENCE_S / 5
    return tuple(
        {"match": f"^{PREFIX[name]}/", "kind": kind, "probability": often, "seconds": seconds} for name in whom
    )


def weather_of(chance: random.Random) -> Iterator[Stretch]:
    """Trouble in a fifth of the time, with calm times between that are cut at random; each kind comes at least once."""
    trouble, left = [], round(0.2 * (DAYS / MINUTE))
    for kind in cycle(chance.sample(KINDS, len(KINDS))):
        if not left:
            break
        length = min(chance.choice(LENGTHS), left)
        trouble.append(Stretch(length, rules(chance, kind)))
        left -= length
    calm = round(0.8 * (DAYS / MINUTE))
    cuts = sorted(chance.sample(range(1, calm), len(trouble)))
    for begin, end, bad in zip([0, *cuts], [*cuts, calm], [*trouble, None], strict=False):
        yield Stretch(end - begin)
        if bad is not None:
            yield bad


def rss_mb() -> float:
    """This process's, once what is free has been given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def only_errors(_logger: object, level: str, event: dict) -> dict:
    """What a trial of the memory remembers of the log."""
    if level not in ("error", "exception", "critical"):
        raise structlog.DropEvent
    return event


@pytest.fixture
def plant_file(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(document_of(read_plant()) | {"demand": DEMAND}, default=str))
    return file


def test_two_days_of_random_faults(tmp_path, plant_file, monkeypatch):
    impatient = {name: replace(limits, read_s=SILENCE_S) for name, limits in upstreams.LIMITS.items()}
    monkeypatch.setattr(upstreams, "LIMITS", impatient)
    clock = SimulatedClock(BEGIN)
    with capture_logs(processors=[only_errors]) as lines, OwnReplay(clock).serving() as replay:
        with living(tmp_path / "data", replay, clock, monkeypatch, PLANT_FILE=str(plant_file)) as life:
            memory = live_through(life, replay)
            assert gaps(life) == []
            assert_all_ran(life)
        assert lines == []
    early, late = memory[6:12], memory[-6:]
    print(*(f"{mb:.0f}" for mb in memory), "MB")
    told = f"{max(early):.0f} MB in the first hours, {max(late):.0f} MB in the last"
    print(told)
    assert min(late) < 1.1 * max(early), told
    stored = held(tmp_path / "data" / "timeseries.db")
    assert wrong(stored) == []
    assert twice(stored) == []


def live_through(life: Life, replay: OwnReplay) -> list[float]:
    """The two days and the calm after them; the memory at the end of each hour, MB."""
    chance, memory, moment = random.Random(20261024), [], BEGIN
    kinds: Counter[str] = Counter()
    for stretch in weather_of(chance):
        replay.faults(*stretch.rules)
        kinds.update({rule["kind"] for rule in stretch.rules})
        for _ in range(stretch.minutes):
            moment += MINUTE
            life.until(moment)
            if moment.minute == 0:
                memory.append(rss_mb())
                replay.forget()
    assert set(kinds) == set(KINDS), "another seed has every kind"
    assert moment == BEGIN + DAYS
    replay.faults()
    life.until(moment + CALM)
    memory.append(rss_mb())
    return memory


def gaps(life: Life) -> list[str]:
    """What is missing that anybody has, by the store."""
    found = life.house.detect(life.house.detect.window(3))
    return [f"{gap.series} {gap.window}: {gap.state} {gap.why}" for gap in found if gap.source is None]


def assert_all_ran(life: Life) -> None:
    """Each occurrence of each job once, none left open, none broken; what failed says who was in trouble."""
    runs = life.house.jobs.runs(limit=100_000)
    assert {run.outcome for run in runs} <= {Outcome.DONE, Outcome.NOTHING, Outcome.FAILED, Outcome.SKIPPED}
    assert [run.error for run in runs if "internal error" in run.error] == []
    outcomes = Counter((run.job_id, run.outcome.value) for run in runs)
    print(*(f"{job_id} {outcome}: {count}" for (job_id, outcome), count in sorted(outcomes.items())), sep="\n")
    assert outcomes["ree_ingestion", "failed"] > 3, "the trouble was felt"
    filled = life.house.gaps.gaps(frozenset({GapState.FILLED}), limit=1000)
    assert {"pvpc", "demand", "temperature"} <= {gap.series for gap in filled}
    for spec in TIMETABLE:
        due, moment = set(), spec.schedule.next(BEGIN)
        while moment <= BEGIN + DAYS + CALM:
            due.add(moment)
            moment = spec.schedule.next(moment)
        assert due <= {run.due_at for run in runs if run.job_id == spec.id}, spec.id
