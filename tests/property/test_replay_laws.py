"""Laws of replays: what comes later changes nothing that was known, and what is written is what is read."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_records import record
from planning_problems import order, problem, small_plant
from test_bundle_file import bundle

from chocolate_factory.adapters.bundle_file import packed, unpacked
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plan_record import Grounds, PlanTask, Solve
from chocolate_factory.domain.replay import Difference, Why
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.differences import Compare
from chocolate_factory.usecases.evidence import queries

KNOWN = datetime(2026, 6, 1, 10, 0, 5, tzinfo=UTC)
FIRST = record().task.problem.horizon.start
KINDS = (Kind.OBSERVED, Kind.REANALYSIS)
RECORD = replace(record(), grounds=Grounds(KNOWN, KINDS, forecast="spot_price/1"))

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-(2**40), 2**40)
SCALARS = NUMBERS | st.text(max_size=8) | st.booleans() | st.none()
DIFFERENCES = st.builds(
    Difference,
    st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=4).map(tuple),
    SCALARS, SCALARS,
    st.none() | st.sampled_from(Why),
    st.none() | st.integers(-(10**9), 10**9).map(lambda s: KNOWN + timedelta(seconds=s)),
)  # fmt: skip
SOLVES = st.builds(
    Solve, st.floats(0, 99), st.none() | st.floats(-1e9, 1e9), st.none() | st.floats(-1e9, 1e9), st.integers(0, 9),
    st.booleans(), st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5).map(tuple),
)  # fmt: skip
SOURCES = {"spot": "ree", "temperature": "aemet", "spot_p50": "spot_price/1"}


@st.composite
def rows(draw):
    """A value of a series and an hour, with when it was received, seconds from when all had been read."""
    series = draw(st.sampled_from(sorted(SOURCES)))
    kind = Kind.FORECAST if series == "spot_p50" else draw(st.sampled_from(KINDS))
    start = FIRST + draw(st.integers(-30, 30)) * HOUR
    received = KNOWN + timedelta(seconds=draw(st.integers(-9, 9)))
    return observation(series, SOURCES[series], kind, start, float(draw(st.integers(0, 3))), received)


def known(store: MemoryStore) -> list:
    return [o for query in queries(RECORD, RECORD.grounds) for o in store.read(query)]


@given(st.lists(rows(), max_size=30), st.lists(rows(), max_size=30))
def test_what_is_received_later_changes_nothing_of_what_was_known(before, after):
    store = MemoryStore()
    store.write(o for o in before if o.received_at <= KNOWN)
    was = known(store)
    store.write(o for o in after if o.received_at > KNOWN)
    assert known(store) == was
    assert all(o.received_at <= KNOWN for o in was)


@given(st.lists(rows(), max_size=30))
def test_evidence_put_into_a_store_of_its_own_is_the_same_evidence(observations):
    store, own = MemoryStore(), MemoryStore()
    store.write(observations)
    own.write(known(store))
    assert known(own) == known(store)


@settings(max_examples=25)
@given(st.lists(DIFFERENCES, max_size=4), st.lists(SOLVES, max_size=3), st.lists(rows(), max_size=5))
def test_a_bundle_comes_back_as_it_was(differences, solves, observations):
    made = bundle()
    made = replace(
        made,
        record=replace(made.record, planned=replace(made.record.planned, solves=tuple(solves))),
        evidence=replace(made.evidence, observations=tuple(observations)),
        found=replace(made.found, differences=tuple(differences)),
    )
    assert unpacked(packed(made), "x") == made


# ---------------------------------------------------------------------------------------------------------- differences
VALUES = st.recursive(SCALARS, lambda below: st.dictionaries(st.text(max_size=3), below, max_size=3), max_leaves=8)


@given(VALUES)
def test_nothing_differs_from_itself(value):
    assert list(Compare()(value, value)) == []


@given(VALUES, VALUES)
def test_what_differs_one_way_differs_the_other_way_too(one, other):
    there, back = (list(Compare()(*pair)) for pair in ((one, other), (other, one)))
    assert {(d.path, d.then, d.now) for d in there} == {(d.path, d.now, d.then) for d in back}


@given(st.integers(0, 23), st.floats(0.001, 1.0))
def test_a_price_that_was_changed_anywhere_is_found_there(hour, by):
    task = PlanTask(problem(hours=24))
    slots = list(task.problem.slots)
    slots[hour] = replace(slots[hour], energy_eur_kwh=slots[hour].energy_eur_kwh + by)
    changed = replace(task, problem=replace(task.problem, slots=tuple(slots)))
    (found,) = Compare()(task, changed)
    assert found.path[3] == "energy_eur_kwh"
    assert found.now == slots[hour].energy_eur_kwh


# --------------------------------------------------------------------------------------------------------------- plans
@given(st.lists(st.floats(0.02, 0.4), min_size=24, max_size=24), st.integers(300, 900))
def test_the_same_problem_gives_the_same_plan_to_the_last_bit(prices, kg):
    asked = problem(
        small_plant(), hours=24, prices=lambda hour: prices[hour], orders=(order(float(kg), 22.0),),
        stocks={"dark": 700.0},
    )  # fmt: skip
    one, other = (make_plan(asked, Options(gap=0.01)) for _ in range(2))
    assert [(b.id, b.end, b.kg) for b in one.batches] == [(b.id, b.end, b.kg) for b in other.batches]
    assert [s.cost_eur for s in one.slots] == [s.cost_eur for s in other.slots]
    assert (one.solver.bound_eur, one.status) == (other.solver.bound_eur, other.status)
