"""A price model learnt from the store: its card, its baseline, its evidence, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from forecasting_world import DEMAND, FIRST, SPOT, market, noon, store_of, version_of, written

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.models import Alias
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_midnight
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.fit import FEWEST_FOR_NAIVE, FEWEST_IN_ALL
from chocolate_factory.forecasting.forecast import forecast_days, forecast_hours
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.usecases.price_history import RECENT, PriceHistory
from chocolate_factory.usecases.price_models import make_price_model

DAYS = FEWEST_IN_ALL + 6
PRICES, DEMANDS = market(DAYS)
TODAY = FIRST + (DAYS - 3) * DAY
NOON = noon(TODAY)
RECIPE = Recipe(windows=(84,), rounds=5, leads=(1, 2))
PLANT = read_plant()


def make(store, at=NOON, champion=None, series="spot", recipe=RECIPE, tell=lambda *_: None):
    return make_price_model(
        series, store, TRUE_KINDS, PLANT, at=at, code_version="1+abc", reason="first", champion=champion, tell=tell,
        recipe=recipe, planned_days=2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def store():
    return store_of(spot=PRICES, demand_forecast=DEMANDS)


@pytest.fixture(scope="module")
def training(store):
    return make(store)


# ---------------------------------------------------------------------------------------------------------------- cards
def test_the_challengers_card_says_what_it_learnt_from_and_how_it_did_beside_the_naives(training):
    card = training.challenger.card
    assert training.problem == ""
    assert (card.name, card.sort, card.is_baseline, card.reason) == ("spot_price", "blend", False, "first")
    assert card.learnt_from == Interval(madrid_midnight(FIRST), madrid_midnight(TODAY + DAY))
    assert card.rows == 24 * ((TODAY - FIRST).days + 1)
    assert card.inputs == ("prices", "calendar", "demand_forecast")
    assert card.scores["rmae"] == pytest.approx(card.scores["mae_eur_mwh"] / card.baselines["epf_naive"]["mae_eur_mwh"])
    assert card.scores["rmae"] < 0.9, "the market remembers, and the naive takes half its days from last week"
    assert {"pinball_eur_mwh", "coverage", "guided_mae_eur_mwh"} <= card.scores.keys()
    assert set(card.baselines) == {"epf_naive", "last_week", "yesterday", "week_mean"}
    assert card.judged_on.end <= card.learnt_from.end
    assert card.parameters["seed"] == "1"


def test_the_baseline_is_a_model_like_any_other_and_reads_back_from_its_file(training):
    card = training.baseline.card
    assert (card.sort, card.is_baseline) == ("epf_naive", True)
    assert card.scores["rmae"] == 1.0
    assert card.fingerprint == training.challenger.card.fingerprint
    assert from_bytes(training.baseline.file).model.sort == "epf_naive"
    assert [lead for lead, _ in training.baseline.curves["mae_eur_mwh_by_lead"]] == list(range(1, 8))


def test_plots_and_curves_come_with_the_challenger(training):
    made = training.challenger
    assert set(made.plots) == {"error_by_lead.png", "coverage_by_lead.png", "last_week.png"}
    assert all(body.startswith(b"\x89PNG") for body in made.plots.values())
    assert [lead for lead, _ in made.curves["coverage_by_lead"]] == [1, 2]


# ------------------------------------------------------------------------------------------------------------- evidence
def test_against_the_baseline_every_walked_day_counts(training):
    evidence = training.evidence
    assert (evidence.champion, evidence.challenger) == ("epf_naive", "blend")
    assert len(evidence.champion_losses) == len(evidence.challenger_losses) == 90
    assert sum(evidence.challenger_losses) < sum(evidence.champion_losses)
    assert evidence.hours.end == madrid_midnight(TODAY + DAY)
    assert evidence.champion_eur > -1.0


@pytest.mark.slow
@pytest.mark.parametrize(("seen_until", "days"), [(30, 30), (0, None)])
def test_a_champion_is_judged_on_days_after_those_it_learnt_from(store, training, seen_until, days):
    """One that has seen everything cannot be judged yet."""
    until = madrid_midnight(TODAY + DAY - seen_until * DAY)
    card = training.challenger.card
    learnt = replace(card, learnt_from=Interval(card.learnt_from.start, until))
    champion = replace(version_of(training.challenger, 7, Alias.CHAMPION), card=learnt)
    evidence = make(store, champion=(champion, training.challenger.file)).evidence
    if days is None:
        assert evidence is None
    else:
        assert evidence.champion == "spot_price/7"
        assert len(evidence.champion_losses) == days
        assert evidence.hours.start == until


@pytest.mark.slow
def test_a_champion_that_cannot_be_read_any_more_leaves_its_place_to_the_naive(store, training):
    champion = version_of(training.challenger, 7, Alias.CHAMPION)
    assert make(store, champion=(champion, b"of another version")).evidence.champion == "epf_naive"


# ------------------------------------------------------------------------------------------------------------- refusals
def test_too_few_days_make_a_baseline_and_say_how_many_more(store):
    training = make(store, at=noon(FIRST + 100 * DAY))
    assert training.challenger is None
    assert training.evidence is None
    assert f"{FEWEST_IN_ALL - 101} more are needed" in training.problem
    assert training.baseline.card.is_baseline


def test_two_days_of_prices_make_nothing_and_say_how_many_more(store):
    with pytest.raises(NotYetError, match=f"{FEWEST_FOR_NAIVE - 2} more are needed"):
        make(store, at=noon(FIRST + DAY))
    with pytest.raises(NotYetError, match="48 days are needed"):
        make(MemoryStore())


def test_what_was_not_observed_teaches_nothing():
    for kind in (Kind.FORECAST, Kind.ESTIMATED):
        store = MemoryStore()
        written(store, "spot", PRICES, kind)
        with pytest.raises(NotYetError):
            make(store, at=max(PRICES) + timedelta(days=500))


@pytest.mark.slow
def test_a_guide_that_knows_the_price_is_too_good_to_be_true():
    knowing = {start: 20_000 + 50 * price for start, price in PRICES.items()}
    told = []
    recipe = replace(RECIPE, rounds=100, leads=(1,))
    training = make(
        store_of(spot=PRICES, demand_forecast=knowing), recipe=recipe, tell=lambda share, _: told.append(share)
    )
    assert told == sorted(told)
    assert training.challenger is None
    assert "too good to be true" in training.problem
    assert "demand_forecast" in training.problem


@pytest.mark.slow
def test_without_its_guide_a_model_is_learnt_from_prices_alone():
    training = make(store_of(spot=PRICES))
    assert training.challenger.card.inputs == ("prices", "calendar")
    assert not [name for name in training.challenger.card.scores if name.startswith("guided")]


@pytest.mark.slow
def test_pvpc_is_learnt_with_the_spot_price_beside_it():
    """Its error with the day's spot price known is tiny and honest: that price is most of it."""
    pvpc = {start: 0.6 * price + 50 for start, price in PRICES.items()}
    training = make(store_of(pvpc=pvpc, spot=PRICES), series="pvpc")
    card = training.challenger.card
    assert (card.name, card.inputs) == ("pvpc_price", ("prices", "calendar", "spot"))
    assert card.scores["guided_rmae"] < card.scores["rmae"]
    evidence = training.evidence
    assert (evidence.champion_eur, evidence.challenger_eur) == (0.0, 0.0), "no plan is made with PVPC"
    assert len(evidence.challenger_losses) == 90


# ---------------------------------------------------------------------------------------------------------------- leaks
@pytest.mark.slow
def test_whatever_is_published_after_the_moment_changes_no_model(store, training):
    at = noon(TODAY)
    other = {t: v if SPOT(t) <= at else 999.0 for t, v in PRICES.items()}
    demand = {t: v if DEMAND(t) <= at else 50_000.0 for t, v in DEMANDS.items()}
    again = make(store_of(spot=other, demand_forecast=demand))
    assert again.challenger.file == training.challenger.file
    assert again.baseline.file == training.baseline.file
    assert again.evidence == training.evidence
    assert other != PRICES


def test_a_price_received_before_its_hour_of_publication_counts_once_it_is_here():
    """Tomorrow's spot at 13:10, when the rule says 14:00."""
    at = noon(TODAY) + HOUR + timedelta(minutes=10)
    early = store_of(spot={t: v for t, v in PRICES.items() if SPOT(t) <= noon(TODAY)})
    known = PriceHistory(early, TRUE_KINDS).panel("spot", at)
    tomorrow = {t: v for t, v in PRICES.items() if noon(TODAY) < SPOT(t) <= noon(TODAY + DAY)}
    early.write(observations("spot", "ree", Kind.OBSERVED, tomorrow.items(), at))
    panel = PriceHistory(early, TRUE_KINDS).panel("spot", at)
    assert panel.day(panel.origin) == known.day(known.origin) + DAY


def test_the_naive_of_a_file_forecasts_seven_whole_days(store, training):
    at = noon(TODAY)
    said = forecast_days(from_bytes(training.baseline.file), PriceHistory(store, TRUE_KINDS).panel("spot", at), at)
    assert said.model == "epf_naive"
    assert said.prices[0].slot.start == madrid_midnight(TODAY + DAY)
    assert said.prices[-1].slot.end == madrid_midnight(TODAY + 8 * DAY)
    assert all(p.p10 <= p.p50 <= p.p90 for p in said.prices)


def test_what_was_learnt_from_all_years_speaks_the_same_with_the_last_weeks(store, training):
    """The service reads ten weeks; training has read everything."""
    at, fitted = NOON, from_bytes(training.challenger.file)
    history = PriceHistory(store, TRUE_KINDS)
    few, all_days = (history.panel("spot", at, days) for days in (RECENT, 3 * 365))
    assert len(few.prices) < len(all_days.prices)
    assert forecast_hours(fitted, few, at, 48) == forecast_hours(fitted, all_days, at, 48)
