"""A plan as a chart: on the terminal in letters, and as a picture."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hand_plans import DEFAULT, MONDAY, Fill, Run, good_plan, order, plan_of, problem_of

from chocolate_factory.cli.gantt import BLOCKS, MARGIN, gantt
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.simulation.gantt import machines_of, planned_bars
from chocolate_factory.simulation.run import run


def with_tanks(plan):
    """Hand-made plans tell no stocks: here dark falls from full to heel, and the others stay half full."""
    count = len(plan.slots) - 1
    falling = [2000 - 1900 * i / count for i in range(count + 1)]
    slots = [
        replace(s, stocks_kg={"dark": kg, "milk": 1050.0, "white": 1050.0})
        for s, kg in zip(plan.slots, falling, strict=True)
    ]
    return replace(plan, slots=tuple(slots))


@pytest.fixture(scope="module")
def plan():
    return with_tanks(good_plan(orders=[order(22, 1300), order(46, 900), order(46, 1800, "milk", "o2")]))


def rows(plan, width=80, **more):
    """The chart's rows by label, without margin."""
    lines = gantt(plan, width, **more).plain.split("\n")
    return {line[:MARGIN].strip(): line[MARGIN:] for line in lines if line[:MARGIN].strip()}


# ------------------------------------------------------------------------------------------------------------ terminal
def test_two_days_fit_in_eighty_columns(plan):
    assert max(len(line) for line in gantt(plan).plain.split("\n")) <= 80


def test_a_letter_an_hour_says_what_each_machine_makes(plan):
    told = rows(plan)
    # fills at 6 (dark), 8 (milk), 30 (dark) and 33 (milk); a capital where a batch begins
    assert told["refining"] == "······DdMm····················Dd·Mm·············"
    assert told["conche-1"] == "······Dddddddddddd············Dddddddddddd······"
    assert told["conche-2"] == "········Mmmmmmmmmmmm·············Mmmmmmmmmmmm···"
    # runs at 9, 30 and 34.5, an hour of set-up each; half an hour begins where most of the column is
    assert told["line"][:15] == "·········+Dddd·"
    assert told["line"][30:34] == "+Ddd"


def test_price_tariff_crew_and_orders_stand_at_their_hours(plan):
    told = rows(plan)
    assert told["tariff"] == "".join(s.input.period[-1] for s in plan.slots)
    assert told["crew"] == "".join("=" if s.input.crew else " " for s in plan.slots)
    assert {told["price"][h] for h in (18, 23, 42, 47)} == {BLOCKS[-1]}
    assert {told["price"][h] for h in (0, 17, 24, 41)} == {BLOCKS[0]}
    assert {i: c for i, c in enumerate(told["due"]) if c != " "} == {22: "D", 46: "*"}


def test_tanks_fall_from_full_to_heel(plan):
    told = rows(plan)
    assert (told["D dark"][0], told["D dark"][-1]) == (BLOCKS[-1], BLOCKS[0])
    assert list(told["D dark"]) == sorted(told["D dark"], reverse=True)
    assert set(told["M milk"]) == {BLOCKS[4]}


def test_now_is_marked_inside_the_horizon_alone(plan):
    assert rows(plan, now=MONDAY + timedelta(hours=9.5))["now"].index("▼") == 9
    assert "now" not in rows(plan, now=MONDAY - timedelta(hours=1))


def test_what_really_ran_stands_below(plan):
    begun = run(plan, 3).gantt()
    lines = gantt(plan, ran=begun).plain.split("\n")
    assert sum(line.startswith(" as it ran") for line in lines) == len(machines_of(plan))
    perfect = gantt(plan, ran=run(plan, 3, random=False).gantt()).plain.split("\n")
    below = {a[:MARGIN].strip(): b[MARGIN:] for a, b in pairwise(perfect) if "ran" in b[:MARGIN]}
    assert below["conche-1"] == rows(plan)["conche-1"]


@pytest.mark.parametrize(("width", "step"), [(40, "2 h"), (80, "1 h"), (110, "0.5 h"), (240, "0.25 h"), (10, "24 h")])
def test_a_column_stands_for_what_the_terminal_has_room_for(plan, width, step):
    told = gantt(plan, width).plain
    assert f"a column is {step}" in told
    machines = rows(plan, width)
    assert len({len(machines[name]) for name in ("refining", "conche-1", "line", "tariff", "price", "D dark")}) == 1


def test_a_week_of_quarter_hours_fits_too():
    week = with_tanks(plan_of(problem_of(hours=168, step_h=0.25), [Fill(6)], [Run(20, 3)]))
    told = rows(week)
    assert len(told["tariff"]) == 56
    assert told["conche-1"][2:6] == "Dddd"


@pytest.mark.parametrize(("day", "column"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_of_23_and_25_hours_begin_where_they_do(day, column):
    start = madrid_midnight(day)
    head = gantt(with_tanks(good_plan(start=start, hours=48))).plain.split("\n")
    assert head[0].index("Mon") == MARGIN + column
    assert head[1][MARGIN + column :].startswith("00")


def test_products_with_one_initial_have_letters_of_their_own():
    dark, milk, white = DEFAULT.products
    plant = replace(DEFAULT, products=(dark, replace(milk, name="dulce"), replace(white, name="du")))
    empty = plan_of(problem_of(plant=plant, stocks={}))
    assert "D dark, U dulce, 0 du" in gantt(empty).plain


def test_it_speaks_spanish(plan):
    told = rows(plan, language="es")
    assert {"precio", "tarifa", "personal", "refino", "línea", "entregas"} <= set(told)


# ---------------------------------------------------------------------------------------------------------------- bars
def test_a_plan_as_bars_is_the_trace_of_a_run_without_chance(plan):
    planned = {(b.machine, b.doing, b.batch, b.start, b.end) for b in planned_bars(plan) if b.machine != "line"}
    ran = {(b.machine, b.doing, b.batch, b.start, b.end) for b in run(plan, 1, random=False).gantt()}
    assert planned <= ran
    assert [b.doing for b in planned_bars(plan) if b.machine == "line"] == ["setup", "run"] * 3


def test_a_batch_begun_before_is_drawn_from_the_horizons_start():
    begun = Batch("old", "dark", "conche", "conche-2", MONDAY - timedelta(hours=5), MONDAY + timedelta(hours=7), 1000.0)
    (bar,) = planned_bars(plan_of(problem_of(running=[begun])))
    assert (bar.machine, bar.start, bar.end) == ("conche-2", MONDAY, MONDAY + timedelta(hours=7))


# ------------------------------------------------------------------------------------------------------------- picture
def test_the_chart_imports_matplotlib_only_when_it_draws():
    code = "import sys, chocolate_factory.adapters.gantt_chart; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def picture():
    from chocolate_factory.adapters.gantt_chart import Picture

    return Picture


def test_a_picture_is_written_as_png_and_as_svg(plan, tmp_path):
    from chocolate_factory.adapters.gantt_chart import write_gantt

    for name, head in (("plan.png", b"\x89PNG"), ("plan.SVG", b"<?xml")):
        write_gantt(plan, tmp_path / name, now=MONDAY + timedelta(hours=9), ran=run(plan, 3).gantt())
        assert (tmp_path / name).read_bytes().startswith(head)
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        write_gantt(plan, tmp_path / "plan.pdf")


@pytest.mark.parametrize(("language", "label"), [("es", "Energía\nEUR/kWh"), ("en", "Energy\nEUR/kWh")])
def test_its_axes_have_units_and_its_rows_are_the_machines(plan, picture, language, label):
    price, machines, tanks = picture(plan, language, None, ()).figure().axes
    assert price.get_ylabel() == label
    assert tanks.get_ylabel().endswith("\nkg")
    assert tanks.get_xlim() == (0, 48)
    names = [t.get_text() for t in machines.get_yticklabels()]
    assert names[1:3] == ["conche-1", "conche-2"]
    assert len(names) == len(machines_of(plan)) + 1
    bars = [p for p in machines.patches if p.get_width() > 0]
    assert len(bars) == len(planned_bars(plan))
    first = min((p for p in bars if round(p.get_y() + 0.38) == 1), key=lambda p: p.get_x())
    assert (first.get_x(), first.get_width()) == (6, 12)


def test_numbers_are_written_as_the_language_has_them(plan, picture):
    assert picture(plan, "es", None, ()).number(12345.678, 2) == "12.345,68"
    assert picture(plan, "en", None, ()).number(12345.678, 2) == "12,345.68"


def test_a_price_that_is_not_known_is_drawn_broken_and_said_so(plan, picture):
    guessed = [replace(s, price_kind=Kind.ESTIMATED) if i > 24 else s for i, s in enumerate(plan.problem.slots)]
    unknown = replace(plan, problem=replace(plan.problem, slots=tuple(guessed)))
    said = {t.get_text() for t in picture(unknown, "en", None, ()).figure().axes[0].texts}
    assert "estimated" in said
    assert "estimated" not in {t.get_text() for t in picture(plan, "en", None, ()).figure().axes[0].texts}


def test_batches_that_are_held_are_outlined(plan, picture):
    held = replace(plan, batches=(replace(plan.batches[0], held="locked"), *plan.batches[1:]))
    widths = [p.get_linewidth() for p in picture(held, "en", None, ()).figure().axes[1].patches]
    assert widths.count(1.6) == 2  # its fill and its conche
