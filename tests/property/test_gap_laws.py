"""quality/gaps.py by law: what holds for every look at the store, whatever was filled or lost since the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series_spec import SeriesSpec
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.quality.gaps import find_gaps, reconcile, split

law = settings(deadline=None, max_examples=50)  # a busy machine is no counter-example

NOW = datetime(2026, 11, 3, 10, 20, tzinfo=UTC)
#: Around a month's end, the clocks' change, the market's change of step, and today.
WINDOWS = {
    "temperature": Interval(datetime(2026, 11, 2, 17, tzinfo=UTC), datetime(2026, 11, 3, 4, tzinfo=UTC)),
    "demand": Interval(datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)),
    "spot": Interval(datetime(2025, 9, 30, 19, tzinfo=UTC), datetime(2025, 10, 1, 0, tzinfo=UTC)),
    "renewable_share": Interval(datetime(2026, 10, 19, 22, tzinfo=UTC), datetime(2026, 10, 29, 23, tzinfo=UTC)),
}
SPECS = st.sampled_from([spec_of(name) for name in WINDOWS])


def slots_of(spec: SeriesSpec, window: Interval | None = None) -> list[datetime]:
    return list(spec.slots(window or WINDOWS[spec.name]))


@st.composite
def looks(draw, spec: SeriesSpec):
    """What is present at a look, and the window that is looked at, which need not begin with a slot."""
    every = slots_of(spec)
    present = draw(st.sets(st.sampled_from(every)))
    length = WINDOWS[spec.name].duration
    a, b = sorted(draw(st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2))))
    edge = st.sampled_from([timedelta(0), timedelta(minutes=37)])
    start = WINDOWS[spec.name].start + round(a * 24) * length / 24 + draw(edge)
    return present, Interval(start, start + round((b - a) * 24) * length / 24)


class Ledger:
    """Rows as the real one keeps them, with a count of every slot that was ever put on one."""

    def __init__(self, spec: SeriesSpec) -> None:
        self.spec = spec
        self.rows: dict[int, Gap] = {}
        self.ended: list[Gap] = []
        self.opened = 0
        self._ids = count(1)

    def look(self, present: set[datetime], seen: Interval) -> list[Gap]:
        """Returns the rows that this look ended, as they were before it."""
        before = self.covered()
        over = []
        for row in reconcile(find_gaps(self.spec, seen, present, NOW), list(self.rows.values()), seen, NOW):
            if row.state is GapState.FILLED:
                over.append(self.rows.pop(row.id))
                self.ended.append(row)
            else:
                number = row.id or next(self._ids)
                self.rows[number] = replace(row, id=number)
        self.opened += len(set(self.covered()) - set(before))
        return over

    def covered(self) -> list[datetime]:
        return [slot for row in self.rows.values() for slot in self.spec.slots(row.window)]


@law
@given(st.data())
def test_the_rows_follow_the_store(data):
    spec = data.draw(SPECS)
    ledger = Ledger(spec)
    for present, seen in data.draw(st.lists(looks(spec), min_size=1, max_size=6)):
        before = set(ledger.covered())
        over = ledger.look(present, seen)
        covered = ledger.covered()
        assert len(covered) == len(set(covered)), "no slot is on two rows"
        assert {s for s in covered if s in seen} == set(spec.slots(seen)) - present, "rows are what is missing"
        assert {s for s in covered if s not in seen} == {s for s in before if s not in seen}, "unseen is untouched"
        assert all(s in present for row in over for s in spec.slots(row.window)), "filled is what the store shows"
        assert all(row.missing == len(slots_of(spec, row.window)) for row in ledger.rows.values())


@law
@given(st.data())
def test_every_slot_that_was_opened_is_either_filled_or_still_open(data):
    spec = data.draw(SPECS)
    ledger = Ledger(spec)
    for present, seen in data.draw(st.lists(looks(spec), min_size=1, max_size=6)):
        ledger.look(present, seen)
    filled = sum(row.filled for row in [*ledger.ended, *ledger.rows.values()])
    assert filled + len(ledger.covered()) == ledger.opened


@law
@given(st.data())
def test_a_second_look_at_the_same_changes_nothing(data):
    spec = data.draw(SPECS)
    ledger = Ledger(spec)
    for present, seen in data.draw(st.lists(looks(spec), min_size=1, max_size=4)):
        ledger.look(present, seen)
    found = find_gaps(spec, seen, present, NOW)
    assert reconcile(found, list(ledger.rows.values()), seen, NOW) == []


@law
@given(st.data())
def test_gaps_are_the_missing_slots_in_runs_that_do_not_touch(data):
    spec = data.draw(SPECS)
    present, window = data.draw(looks(spec))
    gaps = find_gaps(spec, window, present, NOW)
    assert [s for g in gaps for s in spec.slots(g.window)] == [s for s in spec.slots(window) if s not in present]
    assert all(a.window.end < b.window.start for a, b in pairwise(gaps))
    assert all(g.missing == len(slots_of(spec, g.window)) for g in gaps)


@law
@given(st.data())
def test_splitting_loses_no_slot(data):
    spec = data.draw(SPECS)
    present, window = data.draw(looks(spec))
    for gap in find_gaps(spec, window, present, NOW):
        parts = split(gap, NOW)
        assert (parts[0].window.start, parts[-1].window.end) == (gap.window.start, gap.window.end)
        assert all(a.window.end == b.window.start for a, b in pairwise(parts))
        assert sum(p.missing for p in parts) == gap.missing
