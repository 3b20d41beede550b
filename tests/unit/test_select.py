"""One value for a slot where several sources speak of it."""

from __future__ import annotations

from fakes import at
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR
from chocolate_factory.quality.select import KIND_RANK, SOURCE_RANK, best_per_slot, rank

START = at("2026-11-18T10:00")


def made(source: str, kind: Kind = Kind.OBSERVED, hours: int = 0, value: float = 1.0):
    return observation("temperature", source, kind, START + hours * HOUR, value, START + 30 * HOUR)


def test_an_observation_is_believed_before_an_archive_a_guess_and_a_forecast():
    kinds = [Kind.FORECAST, Kind.ESTIMATED, Kind.REANALYSIS, Kind.OBSERVED]
    offered = [made("open_meteo", kind) for kind in kinds]
    for _ in kinds:
        (best,) = best_per_slot(offered)
        assert best.kind is kinds.pop()
        offered.remove(best)


def test_among_equals_the_sources_order_decides():
    offered = [made("open_meteo"), made("openweathermap"), made("aemet"), made("nobody_knows")]
    assert best_per_slot(offered)[0].source == "aemet"
    assert best_per_slot(reversed(offered))[0].source == "aemet"
    assert best_per_slot([made("nobody_knows"), made("open_meteo")])[0].source == "open_meteo"


def test_kind_weighs_more_than_source():
    assert best_per_slot([made("aemet", Kind.FORECAST), made("open_meteo", Kind.REANALYSIS)])[0].source == "open_meteo"


def test_the_markets_own_page_comes_before_the_second_routes():
    assert SOURCE_RANK["ree"] < SOURCE_RANK["esios"]
    assert SOURCE_RANK["ree"] < SOURCE_RANK["omie"]


def test_every_kind_has_its_place():
    assert set(KIND_RANK) == set(Kind)


@given(
    st.lists(
        st.tuples(st.sampled_from(["aemet", "open_meteo", "else"]), st.sampled_from(list(Kind)), st.integers(0, 5))
    )
)
def test_each_slot_once_in_order_and_by_its_best(offered):
    observations = [made(source, kind, hours) for source, kind, hours in offered]
    best = best_per_slot(observations)
    assert [o.start for o in best] == sorted({o.start for o in observations})
    assert all(rank(b) <= rank(o) for b in best for o in observations if o.start == b.start)
