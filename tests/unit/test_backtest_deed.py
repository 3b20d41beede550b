"""The whole walk: the same twice, resumed or on any number of cores; nobody peeks; worse is worse; documents add up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from backtest_world import MONDAY, RULES, WORLD, given, history, perturbed, wanted

from chocolate_factory.adapters.json_files import JsonFiles
from chocolate_factory.adapters.parallel import mapper_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Options, Plan, Problem
from chocolate_factory.domain.time import DAY, madrid_midnight
from chocolate_factory.planning.first_hours import first_hours
from chocolate_factory.planning.search import rules
from chocolate_factory.usecases.backtest.day_table import HEAD, day_rows
from chocolate_factory.usecases.backtest.deed import Result, backtest
from chocolate_factory.usecases.backtest.document import document_of
from chocolate_factory.usecases.backtest.given import Given, History
from chocolate_factory.usecases.backtest.plots import plots_of
from chocolate_factory.usecases.backtest.report import report_of
from chocolate_factory.usecases.backtest.strategies import (
    ABLATIONS,
    BASELINE,
    CHEAPEST_HOURS,
    CLAIRVOYANT,
    PLANNER,
    STRATEGIES,
)

pytestmark = pytest.mark.slow  # a second each, and some a minute


def decisions(result: Result, name: str) -> list[str]:
    return [record.decision for record in result.chains[name]]


@pytest.fixture(scope="module")
def of_rules():
    return backtest(wanted(days=4))


# ----------------------------------------------------------------------------------------------------------- rules
def test_twice_is_the_same(of_rules):
    again = backtest(wanted(days=4))
    assert document_of(again) == document_of(of_rules)
    assert again.chains == of_rules.chains


def test_another_seed_is_another_run_of_luck(of_rules):
    other = backtest(wanted(days=4, seed=2))
    assert other.accounts["baseline"].energy_eur != of_rules.accounts["baseline"].energy_eur
    assert other.accounts["baseline"].kg == pytest.approx(of_rules.accounts["baseline"].kg, rel=0.005)


def test_what_was_walked_is_kept_and_not_walked_again(of_rules, tmp_path, monkeypatch):
    kept = JsonFiles(tmp_path / "kept")
    first = backtest(wanted(days=4), kept=kept)
    assert len(kept) == 1 + len(RULES)  # a step of the forecasts, and a month of each strategy

    def never(_work, items):
        assert list(items) == []
        return iter(())

    resumed = backtest(wanted(days=4), mapper=never, kept=kept)
    assert document_of(resumed) == document_of(first) == document_of(of_rules)


def test_what_is_half_there_is_completed(of_rules, tmp_path):
    kept = JsonFiles(tmp_path / "kept")
    backtest(wanted(days=4), kept=kept)
    for name in [name for name in kept if "baseline" in name or "prices" in name]:
        (tmp_path / "kept" / f"{name}.json").write_text('{"days": [')
    assert document_of(backtest(wanted(days=4), kept=kept)) == document_of(of_rules)


def test_another_question_finds_nothing_kept(tmp_path):
    kept = JsonFiles(tmp_path / "kept")
    backtest(wanted(days=2), kept=kept)
    before = set(kept)
    backtest(wanted(days=2, seed=7), kept=kept)
    assert len(set(kept) - before) == len(before)


def test_months_follow_one_another_without_a_seam():
    """A chain over the month's end, kept in two pieces, is the one that is walked in one."""
    first = MONDAY + 21 * DAY  # 27 November 2023
    pieces: dict = {}
    result = backtest(wanted(days=6, first=first), kept=pieces)
    assert sum("baseline" in name for name in pieces) == 2
    assert [record.day for record in result.chains["baseline"]] == [first + n * DAY for n in range(6)]
    assert result.accounts["baseline"].kg == pytest.approx(12_000, rel=0.005)


def test_a_baseline_that_was_changed_stops_it(monkeypatch):
    monkeypatch.setattr(rules, "B2", replace(rules.B2, from_h=17))
    with pytest.raises(InputError, match="changed is another one"):
        backtest(wanted(days=1))


def test_too_little_history_is_forecast_by_the_naive_and_less_by_nobody():
    few = history(days=300)
    from_november = {t: v for t, v in few.spot.items() if t >= min(few.spot) + 200 * DAY}
    naive = backtest(replace(wanted(days=2), given=given(days=2, of=replace(few, spot=from_november, demand_mw={}))))
    assert {s.by for s in naive.spoken} == {"epf_naive"}
    lately = {t: v for t, v in few.spot.items() if t >= naive.wanted.given.period.start - 9 * DAY}
    nobody = backtest(replace(wanted(days=2), given=given(days=2, of=replace(few, spot=lately, demand_mw={}))))
    assert nobody.scores == []
    assert nobody.accounts["baseline"].energy_eur == pytest.approx(naive.accounts["baseline"].energy_eur)


def test_strategies_make_the_same_chocolate(of_rules):
    kg = [of_rules.accounts[s.name].kg + 1e-9 for s in (BASELINE, CHEAPEST_HOURS)]
    assert kg[1] == pytest.approx(kg[0], rel=0.005)
    assert {a.due_kg for a in of_rules.accounts.values()} == {8000.0}


# ---------------------------------------------------------------------------------------------------- the documents
def test_the_document_has_what_the_contract_names_and_adds_up():
    result = backtest(wanted(days=3))
    document = json.loads(json.dumps(document_of(result)))
    assert list(document["strategies"]) == ["constant_rate", "baseline", "cheapest_hours", "planner", "clairvoyant"]
    for s in document["strategies"].values():
        assert {"cost_eur", "kg", "kwh", "eur_per_kg", "saving_pct", "late_kg"} <= set(s)
        assert s["cost_eur"] == pytest.approx(s["energy_eur"] - s["stock_eur"], abs=0.02)
        assert s["energy_eur"] == pytest.approx(sum(p["energy_eur"] for p in s["by_period"].values()), abs=0.05)
        assert s["eur_per_kg"] == pytest.approx(s["cost_eur"] / s["due_kg"], abs=1e-5)
    assert document["strategies"]["baseline"]["saving_pct"] == 0.0
    of_month = document["months"][0]["strategies"]["planner"]["energy_eur"]
    assert of_month == document["strategies"]["planner"]["energy_eur"]
    assert [s["days_ahead"] for s in document["forecast"]["days_ahead"]] == [1, 2]
    assert {"mae_eur_mwh", "rmae"} <= set(document["forecast"]["days_ahead"][0])
    assert document["forecast"]["with_demand"][0]["days_ahead"] == 1
    assert document["tariff"] == {"name": "3.0TD", "tables_of": 2026, "constant": True}
    assert any("2026 stand in" in note for note in document["notes"])
    assert any("weather" in note for note in document["notes"])
    assert set(document["inputs"]) == {"prices_sha256", "weather_sha256", "demand_sha256"}
    _page_and_pictures(result, document)


def _page_and_pictures(result: Result, document: dict) -> None:
    page = report_of(document)
    assert page.startswith("# Backtest, 2023-11-06 to 2023-11-08")
    for name in document["strategies"]:
        assert f"| `{name}` |" in page
    assert document["baseline"]["sha256"] in page
    pictures = plots_of(result)
    assert set(pictures) == {"savings.png", "costs.png", "forecast.png"}
    assert all(body.startswith(b"\x89PNG") for body in pictures.values())
    rows = list(day_rows(result))
    assert len(rows) == 5 * 3
    assert {len(row) for row in rows} == {len(HEAD)}


# ------------------------------------------------------------------------------------------------------ no peeking
def test_no_rule_decides_by_prices_that_were_not_out(of_rules):
    """Prices are changed from the third day's end on: published after the decision of that day, before the next."""
    after = given(days=4)
    changed = perturbed(WORLD, after=_midnight_after(2))
    told = backtest(replace(wanted(days=4), given=replace(after, history=changed)))
    for name in of_rules.chains:
        assert decisions(told, name)[:3] == decisions(of_rules, name)[:3]
    assert decisions(told, "cheapest_hours")[3] != decisions(of_rules, "cheapest_hours")[3]


def _midnight_after(number: int) -> datetime:
    return madrid_midnight(MONDAY + (number + 1) * DAY)


def test_the_planner_decides_the_same_whatever_comes_later_and_the_clairvoyant_does_not():
    both = (BASELINE, PLANNER, CLAIRVOYANT)
    plain = backtest(wanted(days=4, strategies=both))
    changed = perturbed(WORLD, after=_midnight_after(1))
    told = backtest(replace(wanted(days=4, strategies=both), given=replace(given(days=4), history=changed)))
    assert decisions(told, "planner")[:2] == decisions(plain, "planner")[:2]
    assert decisions(told, "planner") != decisions(plain, "planner")
    assert decisions(told, "clairvoyant")[:2] != decisions(plain, "clairvoyant")[:2]


# ---------------------------------------------------------------------------------------------------- worse, better
def backwards(problem: Problem, options: Options) -> Plan:
    """A planner made worse on purpose: it takes dear hours for cheap ones."""
    dearest = max(s.energy_eur_kwh for s in problem.slots)
    turned = tuple(replace(s, energy_eur_kwh=dearest - s.energy_eur_kwh) for s in problem.slots)
    return first_hours(replace(problem, slots=turned), options)


def test_a_planner_made_worse_on_purpose_saves_less():
    worse = replace(PLANNER, decide=backwards)
    good, bad = (backtest(wanted(days=6, strategies=(BASELINE, p, CLAIRVOYANT))) for p in (PLANNER, worse))
    assert bad.accounts["baseline"] == good.accounts["baseline"]
    assert bad.accounts["planner"].kg == pytest.approx(
        good.accounts["planner"].kg, rel=0.05
    )  # of six days; stocks are valued
    assert bad.accounts["planner"].cost_eur > good.accounts["planner"].cost_eur
    assert bad.captured_pct() < good.captured_pct()


def test_on_two_cores_and_resumed_it_is_the_same_to_the_digit(tmp_path):
    asked = replace(wanted(days=3, strategies=STRATEGIES), ablate=True)
    kept = JsonFiles(tmp_path / "kept")
    alone, together = backtest(asked), backtest(asked, mapper_of(2), kept)
    assert document_of(together) == document_of(alone)
    assert set(document_of(alone)["ablation"]) == {one.name for one in ABLATIONS}
    for name in [name for name in kept if "planner" in name]:
        del kept[name]
    assert document_of(backtest(asked, kept=kept)) == document_of(alone)
    assert "ablation.png" in plots_of(alone)
    assert "What holds it lower" in report_of(document_of(alone))


def test_a_year_may_be_cut_anywhere():
    """What a stretch travels with is all that its days look at: the whole history decides no other way."""
    part = given(days=3)
    whole = Given(part.plant, History(WORLD.spot, WORLD.air), part.first, part.last)
    assert backtest(replace(wanted(days=3), given=whole)).chains == backtest(wanted(days=3)).chains
