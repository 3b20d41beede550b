"""Why a batch stands where it does: moved in the schedule, the limits that break are what is said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from planning_problems import MONDAY, order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Batch, Level, Options
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.arrays.breaches import breaches
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Run, Schedule
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.planning.words.explain import BINDS, Reasons
from chocolate_factory.planning.words.level_words import REASONS

SLOTS = 12
PLANT = small_plant()
TWO_CONCHES = replace(PLANT, conches=replace(PLANT.conches, count=2))


def dearer_later(hour):
    return 0.10 + 0.01 * hour


def cheaper_later(hour):
    return 0.30 - 0.01 * hour


def frame_of(plant=PLANT, *, options=Options(), **more):  # noqa: B008
    usual = {"hours": SLOTS, "crew": lambda hour: True, "prices": dearer_later, "orders": (order(500, 11),)}
    return Frame(problem(plant, **{**usual, "stocks": {"dark": 800.0}, **more}), options)


def schedule(begins=(), runs=(), kg=250.0):
    """Begins of batches, and runs from a slot to a slot with their set-up first."""
    line, output = np.full(SLOTS, -1), np.zeros(SLOTS)
    for first, end in runs:
        line[first:end] = 0
        output[first + 1 : end] = kg
    return Schedule(tuple((0, t) for t in begins), tuple(int(p) for p in line), output)


def begin_said(frame, slot, **more):
    return Reasons(frame, schedule(**{"begins": (slot,), **more})).of_begin(0, slot)["en"]


def run_said(frame, first, end, **more):
    return Reasons(frame, schedule(**{"runs": ((first, end),), **more})).of_run(Run(0, first, end))["en"]


@pytest.mark.parametrize(
    ("said", "binds"),
    [
        (lambda: begin_said(frame_of(crew=lambda hour: hour >= 4), 4), "crew"),
        (lambda: begin_said(frame_of(options=Options(quiet=((0, 4),))), 4), "quiet"),
        (lambda: begin_said(frame_of(with_contract(PLANT, 110)), 6, runs=((3, 6),)), "contract"),
        (lambda: begin_said(frame_of(options=Options(peak_kw=110)), 6, runs=((3, 6),)), "peak"),
        (lambda: begin_said(frame_of(), 6, begins=(3, 6)), "conches"),
        (lambda: begin_said(frame_of(TWO_CONCHES), 4, begins=(3, 4)), "refining"),
        (lambda: begin_said(frame_of(stocks={"dark": 1400.0}), 2, runs=((2, 6),), kg=300.0), "full"),
        (lambda: run_said(frame_of(crew=lambda hour: hour >= 4), 4, 7), "crew"),
        (lambda: run_said(frame_of(air=lambda hour: Air(45.0 if hour < 4 else 20.0, 30.0)), 4, 7), "hall"),
        (lambda: run_said(frame_of(), 5, 7, runs=((2, 4), (5, 7))), "line"),
        (lambda: run_said(frame_of(stocks={"dark": 150.0}), 2, 5, begins=(0,)), "empty"),
    ],
)
def test_what_keeps_a_batch_from_the_cheaper_hour_before(said, binds):
    clause = re.search(r"earlier not: ([^;.]*)", said())
    assert clause, said()
    assert clause[1] == BINDS[binds]["en"].format(name="tank-dark")


@pytest.mark.parametrize(
    ("said", "binds", "name"),
    [
        (lambda: begin_said(frame_of(prices=cheaper_later), SLOTS - 4, runs=((1, 4),)), "end", "tank-dark"),
        (
            lambda: run_said(frame_of(prices=cheaper_later, orders=(order(400, 6),)), 3, 6),
            "order",
            "dark-6",
        ),
    ],
)
def test_what_keeps_a_batch_from_the_cheaper_hour_after(said, binds, name):
    clause = re.search(r"later not: ([^;.]*)", said())
    assert clause, said()
    assert BINDS[binds]["en"].format(name=name) in clause[1]


def test_several_limits_are_told_together_and_the_spanish_says_the_same():
    frame = frame_of(crew=lambda hour: hour >= 4, options=Options(quiet=((0, 4),)))
    reason = Reasons(frame, schedule(begins=(4,))).of_begin(0, 4)
    assert "earlier not: there is no crew and these are quiet hours" in reason["en"]
    assert "antes no: no hay personal y son horas de silencio" in reason["es"]
    assert reason["es"].startswith("A 0,1")


def test_a_batch_that_might_stand_in_a_cheaper_hour_says_so():
    assert "earlier it would fit" in begin_said(frame_of(), 6)


def test_a_dearer_hour_needs_no_other_reason():
    assert " not: " not in begin_said(frame_of(prices=lambda hour: 0.1 + 0.01 * abs(hour - 6)), 5)


def test_the_past_is_no_place_to_move_to():
    frame = frame_of()
    past = Frame(replace(frame.problem, now=frame.problem.horizon.start + 4 * HOUR), Options())
    assert "an hour earlier is past" in begin_said(past, 4)


def test_what_an_hour_costs_is_what_the_prices_say():
    frame = frame_of()
    said = run_said(frame, 4, 7)
    kw = frame.line_kw[4:7] + frame.kg_kw[4:7] * np.array([0.0, 250.0, 250.0])
    assert f"an hour earlier {-0.01 * kw.sum():+.2f} EUR, later {0.01 * kw.sum():+.2f} EUR" in said


def test_a_sound_schedule_breaks_nothing_and_a_short_run_does():
    frame = frame_of()
    assert not breaches(frame, schedule(begins=(2,), runs=((3, 5),)))
    assert {b.what for b in breaches(frame, schedule(begins=(2,), runs=((3, 4),)))} == {"line"}


def test_every_limit_is_said_in_both_languages():
    assert all(set(words) == {"es", "en"} for words in (*BINDS.values(), *REASONS.values()))


# --------------------------------------------------------------------------------------------------------------- held
def test_a_batch_held_by_hand_says_so():
    there = Batch("x", "dark", "line", "line", MONDAY + 5 * HOUR, MONDAY + 8 * HOUR, 600.0, held="locked")
    plan = make_plan(frame_of().problem, Options(fixed=(there,)))
    line = next(b for b in plan.batches if b.stage == "line")
    assert (line.start, line.held) == (there.start, "locked")
    assert "locked by hand" in line.reason["en"]
    assert "fijada a mano" in line.reason["es"]


# ------------------------------------------------------------------------------------------------------------- levels
def test_quiet_hours_and_a_low_contract_reduce_and_do_not_halt():
    quiet = make_plan(frame_of().problem, Options(quiet=((0, 4),)))
    assert [(s.level, s.reasons) for s in quiet.slots[:4]] == [(Level.REDUCED, ("quiet",))] * 4
    weak = make_plan(frame_of(with_contract(PLANT, 60), orders=()).problem, Options())
    assert {(s.level, s.reasons) for s in weak.slots} == {(Level.REDUCED, ("contract",))}


def test_each_reason_of_a_level_has_its_sentence():
    hot = frame_of(air=lambda hour: Air(45.0 if hour > 8 else 20.0, 30.0), crew=lambda hour: hour > 1)
    plan = make_plan(hot.problem, Options(quiet=((2, 3),)))
    assert {reason for s in plan.slots for reason in s.reasons} <= set(REASONS)
