"""What the timetable does with the models: predict, alert, look at the registry, train for a reason."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from fakes import at, truth
from model_makers import evidence
from model_school import BETTER, WORSE, School
from web_house import NOON, demo_house, real_house

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, open_ledger
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.catalogue import observation, spec_of
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Alias, Deed, ModelName
from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.series import Kind, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date, madrid_midnight
from chocolate_factory.domain.work import AlertState, Outcome, Severity
from chocolate_factory.forecasting.enough import FEWEST_IN_ALL
from chocolate_factory.scheduler.model_deeds import ml_predictions, ml_training
from chocolate_factory.scheduler.spec import Context
from chocolate_factory.usecases.forecasts import Refreshed
from chocolate_factory.usecases.predict import Advice

NAME = ModelName.SPOT_PRICE
CONTEXT = Context("", None, lambda: False)
PLANT = read_plant()
ALIVE = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
#: A Wednesday in the late shift, and the Sunday after, when nobody is there.
WORKING, SUNDAY = at("2026-06-17T15:00"), at("2026-06-21T15:00")
REASON = {"es": "Fuera hace demasiado calor.", "en": "It is too hot outdoors."}


# ------------------------------------------------------------------------------------------------------ ml_predictions
class Bench:
    """What ``ml_predictions`` needs of a house, answering what a test says."""

    def __init__(self, language: str = "en") -> None:
        self.clock = FixedClock(WORKING)
        self.alerts = SqlAlertLedger(open_ledger("sqlite://"), self.clock)
        self.language = language
        self.made = Refreshed(0, WriteCount(), {})
        self.count, self.advised = WriteCount(), None
        self.forecasts = SimpleNamespace(refresh=lambda _now: self.made)
        self.predict = SimpleNamespace(refresh=lambda: (self.count, self.advised))

    def plant(self):
        return PLANT

    def advises(self, level: Level | None):
        """One run of the job with that advice; the alerts that are alive after it."""
        self.advised = None if level is None else Advice(level, {}, None, (REASON,))
        ml_predictions(self, CONTEXT)
        return self.alerts.alerts(ALIVE)


@pytest.fixture
def bench():
    return Bench()


def test_what_was_forecast_and_written_is_counted(bench):
    bench.made = Refreshed(2, WriteCount(new=490, revised=10, unchanged=3), {"pvpc": "No model of pvpc prices."})
    bench.count, bench.advised = WriteCount(new=26), Advice(Level.OPTIMAL, {}, None, ())
    ran = ml_predictions(bench, CONTEXT)
    assert (ran.outcome, ran.error) == (Outcome.DONE, "No model of pvpc prices.")
    assert ran.counts == {"forecasts": 2, "written": 526, "advised": 1}


def test_a_run_that_writes_nothing_is_no_success(bench):
    ran = ml_predictions(bench, CONTEXT)
    assert ran.outcome is Outcome.NOTHING
    assert ran.counts == {"forecasts": 0, "written": 0, "advised": 0}


@pytest.mark.parametrize(("level", "severity"), [(Level.HALT, Severity.WARNING), (Level.REDUCED, Severity.INFO)])
def test_advice_to_run_less_is_one_alert_with_its_reason(bench, level, severity):
    for _ in range(2):
        [alert] = bench.advises(level)
    assert (alert.cause, alert.severity) == ("production.advice", severity)
    assert level.value in alert.message
    assert REASON["en"] in alert.message


def test_the_alert_speaks_the_language_of_the_house():
    [alert] = Bench("es").advises(Level.HALT)
    assert REASON["es"] in alert.message


@pytest.mark.parametrize("after", [Level.MODERATE, Level.OPTIMAL, None])
def test_the_alert_ends_with_the_advice(bench, after):
    assert bench.advises(Level.REDUCED)
    assert bench.advises(after) == []


@pytest.mark.parametrize("level", [Level.MODERATE, Level.OPTIMAL, None])
def test_other_advice_is_no_alert(bench, level):
    assert bench.advises(level) == []


def test_without_crew_nobody_need_be_told(bench):
    assert bench.advises(Level.HALT)
    bench.clock.set(SUNDAY)
    assert bench.advises(Level.HALT) == []


@pytest.mark.slow
def test_in_a_real_house_the_features_are_stored_once(tmp_path):
    """Of the simulated world, without any model: nothing is forecast, and the second look finds nothing new."""
    house = demo_house(tmp_path, days=9)
    first, second = ml_predictions(house, CONTEXT), ml_predictions(house, CONTEXT)
    stored = {s.series for s in house.store.inventory()}
    house.close()
    assert (first.outcome, first.counts["forecasts"]) == (Outcome.DONE, 0)
    assert first.counts["written"] >= 13
    assert "No model of spot prices" in first.error
    assert (second.outcome, second.counts["written"]) == (Outcome.NOTHING, 0)
    assert any(series.startswith("feature_") for series in stored)
    assert not stored & {"spot_p50", "energy_optimization_score", "production_recommendation"}


# --------------------------------------------------------------------------------------------------------- ml_training
@pytest.fixture
def house(tmp_path, monkeypatch):
    found = real_house(tmp_path, monkeypatch)
    yield found
    found.close()


@pytest.fixture
def school(house):
    return School(house)


@pytest.fixture
def stocked(house):
    """Prices from long enough ago for the spot model, and for no other; those between would only cost time."""
    spec, today = spec_of("spot"), madrid_date(NOON)
    for first, days in ((today - (FEWEST_IN_ALL + 1) * DAY, 1), (today - 30 * DAY, 31)):
        window = Interval(madrid_midnight(first), madrid_midnight(first + days * DAY))
        house.store.write(
            observation("spot", "ree", Kind.OBSERVED, s, truth("spot", s), spec.end(s)) for s in spec.slots(window)
        )
    return house


def causes(house) -> set[str]:
    return {alert.cause for alert in house.alerts.alerts(ALIVE)}


def test_with_nothing_to_learn_from_nothing_is_due(house, school):
    ran = ml_training(house, CONTEXT)
    assert (ran.outcome, ran.error) == (Outcome.DONE, "")
    assert ran.counts == {"drift": 0, "promoted": 0, "due": 0, "trained": 0}
    assert school.registry.versions(NAME) == []


def test_a_registry_that_is_away_fails_the_run_in_its_words(stocked, school):
    school.teaches(NAME, b"better")
    with school.registry.while_away():
        ran = ml_training(stocked, CONTEXT)
    assert (ran.outcome, ran.error) == (Outcome.FAILED, "The model registry in memory is away.")
    assert "trained" not in ran.counts
    assert "models.registry" in causes(stocked)
    assert ml_training(stocked, CONTEXT).counts["trained"] == 1, "back: training resumes"
    assert "models.registry" not in causes(stocked)


def test_what_is_due_is_trained_promoted_and_then_left_alone(stocked, school):
    school.teaches(NAME, b"better", BETTER)
    first, second = ml_training(stocked, CONTEXT), ml_training(stocked, CONTEXT)
    assert first.counts == {"drift": 0, "promoted": 1, "due": 1, "trained": 1}
    assert second.counts == {"drift": 0, "promoted": 0, "due": 0, "trained": 0}
    assert stocked.shelf.take(NAME, Alias.CHAMPION)[1] == b"better"
    assert stocked.models.events(NAME)[-1].why == "first"


def test_a_worse_one_is_trained_and_not_promoted(stocked, school):
    school.teaches(NAME, b"worse", WORSE)
    ran = ml_training(stocked, CONTEXT)
    assert (ran.counts["trained"], ran.counts["promoted"]) == (1, 0)
    assert stocked.shelf.take(NAME, Alias.CHAMPION)[1] == b"naive"
    assert stocked.shelf.take(NAME, Alias.CHALLENGER)[1] == b"worse"


def test_what_could_not_be_trained_is_told_and_counted_apart(stocked, school):
    school.teaches(NAME, b"", problem="too good to be true")
    ran = ml_training(stocked, CONTEXT)
    assert (ran.outcome, ran.error) == (Outcome.DONE, "spot_price: too good to be true")
    assert (ran.counts["due"], ran.counts["trained"]) == (1, 0)


def test_what_the_shadow_has_proved_after_a_week_is_promoted(stocked, school):
    """Cards are made up in March, and it is June: the week of the shadow is over."""
    school.teaches(NAME, b"challenger", None)
    assert ml_training(stocked, CONTEXT).counts["promoted"] == 0
    school.proof = evidence(10.0, 6.0)
    stocked.clock.moment = NOON + timedelta(hours=1)
    ran = ml_training(stocked, CONTEXT)
    assert (ran.counts["promoted"], ran.counts["due"]) == (1, 0)
    assert stocked.shelf.take(NAME, Alias.CHAMPION)[1] == b"challenger"
    assert stocked.models.events(NAME)[0].deed is Deed.PROMOTED


def test_what_the_shadow_has_not_proved_stays_a_challenger(stocked, school):
    school.teaches(NAME, b"challenger", None)
    ml_training(stocked, CONTEXT)
    school.proof = evidence(10.0, 12.0)
    stocked.clock.moment = NOON + HOUR
    ran = ml_training(stocked, CONTEXT)
    assert ran.counts["promoted"] == 0
    assert stocked.models.events(NAME)[0].deed is Deed.JUDGED


def test_a_store_that_is_away_is_no_empty_answer(bench):
    def away(_now):
        raise StoreError("The store is away.")

    bench.forecasts.refresh = away
    with pytest.raises(StoreError):
        ml_predictions(bench, CONTEXT)
