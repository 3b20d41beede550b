"""AEMET: any body at all, and those on record."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aemet_world import BASE, NOW, Aemet, observations, read, values
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.aemet import checked_link, parse_daily, parse_forecast, parse_observations
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError, UpstreamLiedError

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"


# ---------------------------------------------------------------------- anything at all
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["5279X", "Ip", "12", "2026-05-12"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "idema", "indicativo", "fint", "fecha", "ta", "prec", "prediccion", "dia", "temperatura",
                         "vientoAndRachaMax", "velocidad", "periodo", "value"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSON, st.sampled_from([parse_observations, parse_forecast, parse_daily]))
def test_a_parser_gives_observations_or_says_that_it_was_lied_to(document, parse):
    try:
        found = parse(document, NOW, "5279X")
    except UpstreamLiedError:
        return
    assert all(o.source == "aemet" and -1e7 < o.value < 1e7 for o in found)


# ---------------------------------------------------------------------- recorded bodies
def recorded(name: str):
    path = PAYLOADS / "aemet" / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    return json.loads(path.read_bytes().decode("iso-8859-15"))


def test_recorded_hours_of_madrid():
    found = parse_observations(recorded("ha_station-3195-data.json"), NOW, "3195")
    assert {o.series for o in found} == {"temperature", "humidity", "pressure"}
    assert values(found)["temperature", datetime(2021, 1, 8, 13, tzinfo=UTC)] == 0.1


def test_recorded_hours_of_linares_have_no_pressure():
    path = PAYLOADS / "aemet" / "casadoj_obs_hourly_5279X.csv"
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    texts = {"idema", "fint", "ubi"}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{k: v if k in texts else float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
    found = parse_observations(rows, NOW, "5279X")
    assert {o.series for o in found} == {"temperature", "humidity", "wind_speed"}
    assert values(found)["temperature", datetime(2020, 10, 14, 18, tzinfo=UTC)] == 16.9


def test_a_recorded_daily_forecast_is_no_hourly_one():
    with pytest.raises(UpstreamLiedError, match="temperatura"):
        parse_forecast(recorded("ha_town-28065-forecast-daily-data.json"), NOW, "28065")


def test_recorded_hours_of_one_station_are_a_lie_for_another():
    with pytest.raises(UpstreamLiedError, match="5279X"):
        parse_observations(recorded("ha_station-3195-data.json"), NOW, "5279X")


@pytest.mark.parametrize(
    ("name", "town_id", "made_at", "count"),
    [
        ("ha_town-28065-forecast-hourly-data.json", "28065", datetime(2021, 1, 9, 5, tzinfo=UTC), 48),
        ("meteoaemet_horaria_28079_2026-01-27.json", "28079", datetime(2026, 1, 27, 5, tzinfo=UTC), 47),
    ],
)
def test_recorded_forecasts(name, town_id, made_at, count):
    document = recorded(name)
    rows = document["data"] if isinstance(document, dict) else document
    found = parse_forecast(rows, made_at, town_id)
    per_series = {s: [o for o in found if o.series == s] for s in ("temperature", "humidity", "wind_speed")}
    assert {s: len(v) for s, v in per_series.items()} == dict.fromkeys(per_series, count)
    assert all(0 <= o.value <= 30 for o in per_series["wind_speed"])


@pytest.mark.parametrize("name", ["ha_station-3195.json", "ha_station-list.json"])
def test_recorded_envelopes_lead_to_aemet(name):
    assert checked_link(recorded(name)["datos"], BASE).startswith("https://opendata.aemet.es/opendata/sh/")


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("aemet_404_no_data.json", 200, UpstreamEmptyError),
        ("aemet_404_range_6_months.json", 200, UpstreamLiedError),
        ("aemet_429_latin1.json", 429, UpstreamDownError),
        ("aemet_404_datos_url_expired.json", 404, UpstreamEmptyError),
    ],
)
def test_quoted_errors(name, status, error):
    path = PAYLOADS / "errors_quoted" / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    with pytest.raises(error):
        read(observations(Aemet((status, path.read_bytes()))))


def test_a_recorded_day():
    path = PAYLOADS / "aemet" / "jsrl_aemet-elt_Notas_diarios_2755X_2024-01-01.txt"
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    text = path.read_text("utf-8")
    row = json.loads(text[text.index('{\n  "fecha"') : text.index('"horaHrMin" : "13:20"\n}') + 24])
    found = {o.series: o.value for o in parse_daily([row], NOW, "2755X")}
    assert (found["temperature_max"], found["precipitation"], found["humidity_mean"]) == (10.2, 0.0, 72.0)
