"""The forecast over HTTP and on the command line."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
import typer
from forecasting_world import made, naive_file, put_on, version_of
from typer.testing import CliRunner
from web_house import NOON, StillClock, client_of, plant, problem_of, settings

from chocolate_factory.adapters.price_chart import price_chart
from chocolate_factory.cli import forecast
from chocolate_factory.domain.models import Alias
from chocolate_factory.domain.time import DAY, madrid_date
from chocolate_factory.web.forecast_schemas import ForecastOut
from chocolate_factory.wiring import build


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Eleven weeks of prices at 50 EUR/MWh, today's last; the naive is champion of spot."""
    found = settings(tmp_path_factory.mktemp("house"))
    house = build(found, clock=StillClock(), again=lambda: found)
    today = madrid_date(NOON)
    for series in ("spot", "pvpc"):
        plant(house, series, f"{today - 76 * DAY}", f"{today}", source="ree")
    body = naive_file(house.store, NOON)
    put_on(house.shelf, (version_of(made(body), 1, Alias.CHAMPION), body))
    house.forecasts.refresh(NOON)
    return house


@pytest.fixture(scope="module")
def client(house):
    """Closes the house in the end."""
    with client_of(house) as client:
        yield client


@pytest.fixture
def run(house, client, monkeypatch):
    """The command in that house."""

    @contextmanager
    def opened():
        yield house

    monkeypatch.setattr(forecast, "house", opened)
    app = typer.Typer()
    forecast.add_to(app)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_published_and_forecast_prices_over_http(client):
    answer = client.get("/forecast/prices", params={"series": "spot", "hours": 168}).json()
    assert answer["problem"] is None
    assert len(answer["prices"]) == 169, "the present hour is under way"
    kinds = [p["kind"] for p in answer["prices"]]
    assert (kinds[0], kinds[-1]) == ("observed", "forecast")
    assert {p["p50_eur_mwh"] for p in answer["prices"]} == {50.0}
    last = answer["prices"][-1]
    assert last["made_at"] == "2026-06-17T12:10:00+02:00"
    assert (last["source"], last["resolution_minutes"]) == ("spot_price/1", 60)
    fine = client.get("/forecast/prices?resolution=15&hours=24").json()
    assert len(fine["prices"]) == 97
    for told in (answer, fine):
        assert ForecastOut.model_validate(told).model_dump(mode="json") == told, "what the documents promise"


def test_without_a_model_there_are_published_prices_and_a_sentence(client):
    answer = client.get("/forecast/prices?series=pvpc").json()
    assert "No model of pvpc prices" in answer["problem"]
    assert {p["kind"] for p in answer["prices"]} == {"observed"}


@pytest.mark.parametrize(
    ("query", "field"), [("series=gas", "series"), ("hours=0", "hours"), ("hours=169", "hours"),
                         ("hours=x", "hours"), ("resolution=5", "resolution")],
)  # fmt: skip
def test_a_wrong_question_is_told_what_is_allowed(client, query, field):
    problem_of(client.get(f"/forecast/prices?{query}"), 422, field)


# ------------------------------------------------------------------------------------------------------ command line
def test_the_command_forecasts_first_and_prints_json(run):
    ended = run("--hours", "48", "--json")
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert (told["series"], told["problem"], len(told["prices"])) == ("spot", None, 49)
    assert told["prices"][-1]["source"] == "spot_price/1"


def test_the_command_prints_a_table_and_says_what_is_missing(run):
    ended = run("--series", "pvpc", "--hours", "24")
    assert ended.exit_code == 0, ended.output
    assert "P10" in ended.output
    assert "2026-06-17 12:00" in ended.output
    assert "No model of pvpc prices" in ended.output


def test_the_command_refuses_a_wrong_resolution(run):
    refused = run("--resolution", "5")
    assert refused.exit_code == 1
    assert "15 or 60 minutes" in str(refused.exception)


def test_the_command_draws_the_week(run, tmp_path):
    file = tmp_path / "week.png"
    assert run("--png", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_week_of_which_nothing_is_known_is_an_empty_picture():
    assert price_chart("spot", (), ()).startswith(b"\x89PNG")
