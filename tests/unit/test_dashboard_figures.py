"""The dashboard in figures: tiles, a day of prices, alerts, trust."""

import re
from datetime import date
from typing import Any

from dashboard_documents import CASES, TUESDAY, complete, day_of_prices, shown, slot
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.time import HOUR, madrid_day
from chocolate_factory.web.dashboard import figures, page
from chocolate_factory.web.dashboard.page import Look
from chocolate_factory.web.dashboard.texts import texts
from chocolate_factory.web.dashboard.views import now, prices, trust

# The section Now.


@given(
    value=st.none() | st.floats(-50, 5e4),
    kind=st.sampled_from([None, "observed", "reanalysis", "forecast", "estimated", "simulated"]),
    why=st.none() | st.text(max_size=20),
    seconds=st.none() | st.floats(-9e3, 9e5),
)
def test_a_tile_has_a_value_or_a_reason_and_never_hides_its_kind(
    value: float | None, kind: str | None, why: str | None, seconds: float | None
) -> None:
    info = {"demand_mw": value, "demand_mw_kind": kind, "demand_mw_missing": why, "demand_mw_age_seconds": seconds}
    tile = now.tile(now.DEMAND, info, figures.moment("2026-11-24T10:00:00+01:00"), texts("es"))
    assert bool(tile.value) != bool(tile.missing)
    assert bool(tile.value) == (value is not None)
    assert tile.badge == (kind if value is not None and kind not in (None, "observed") else "")
    assert tile.stale == (value is not None and seconds is not None and seconds > 4 * 3600)


def test_the_period_says_when_it_ends_and_what_the_day_holds() -> None:
    data = complete()
    known = prices.periods(prices.read_all(data["prices"]))
    tile = now.period_tile(data["current_info"], known, figures.moment(data["generated_at"]), texts("es"))
    assert (tile.until, tile.meaning, tile.colour) == ("hasta las 14:00, después P3", "peaje alto", "p2")
    assert [period for _, period, _ in tile.band] == ["P6"] * 8 + ["P3"] + ["P2"] * 5 + ["P3"] * 10
    assert [i for i, (_, _, current) in enumerate(tile.band) if current] == [10]


def test_the_three_periods_of_households_have_their_own_words_and_colours() -> None:
    info = {"tariff": "2.0TD", "tariff_period": "P3"}
    tile = now.period_tile(info, [], figures.moment("2026-11-24T10:00:00+01:00"), texts("es"))
    assert (tile.meaning, tile.colour, tile.until) == ("valle", "p6", "")


# The section Prices.


def days_of(data: dict[str, Any], language: str = "es") -> list[prices.Day]:
    present = figures.moment(data["generated_at"])
    return prices.days(prices.read_all(data["prices"]), "3.0TD", present, texts(language))


def test_a_day_of_25_hours_shows_both_hours() -> None:
    today, tomorrow = days_of(CASES["the day of 25 hours"]())
    assert [row.hour for row in today.rows[1:5]] == ["01:00", "02:00 (+0200)", "02:00 (+0100)", "03:00"]
    assert [row.hour for row in today.rows if row.current] == ["02:00 (+0100)"]
    assert (len(today.rows), len(tomorrow.rows), today.missing) == (25, 24, [])


def test_a_day_of_23_hours_has_no_two_o_clock() -> None:
    _, tomorrow = days_of(CASES["before the day of 23 hours"]())
    assert [row.hour for row in tomorrow.rows[:3]] == ["00:00", "01:00", "03:00"]
    assert (len(tomorrow.rows), tomorrow.missing) == (23, [])


def test_what_is_not_published_is_said() -> None:
    data = complete(tomorrow=False)
    assert days_of(data)[1].missing == [
        "Sin precio de mañana todavía: el spot se publica hacia las 14:00 y el PVPC hacia las 20:20."
    ]
    data["prices"]["spot"] += day_of_prices(date(2026, 11, 25), 15, "omie", 50)
    assert days_of(data)[1].missing == ["Sin PVPC de mañana todavía: se publica hacia las 20:20."]


def test_holes_in_a_day_are_said_and_left_open() -> None:
    data = complete()
    data["prices"]["spot"] = [row for row in data["prices"]["spot"] if row["start"][11:16] != "05:15"]
    today = days_of(data)[0]
    assert today.missing == ["Spot: faltan 15 min de este día."]
    assert [cell is None for cell in today.rows[5].spot] == [False, True, False, False]


def test_an_hourly_spot_spans_its_four_quarters() -> None:
    data = complete()
    data["prices"]["spot"] = day_of_prices(TUESDAY.date(), 60, "omie", 60)
    rows = days_of(data)[0].rows
    assert {(len(row.spot), row.spot[0] and row.spot[0].span) for row in rows} == {(1, 4)}
    assert "colspan=4" in page.render(data, Look("es", external=False))


@given(st.lists(st.floats(-500, 4000), min_size=1, max_size=24))
def test_a_days_range_holds_its_mean(levels: list[float]) -> None:
    start = madrid_day(TUESDAY.date()).start
    rows = [slot(start + i * HOUR, 60, "ree", level) for i, level in enumerate(levels)]
    sentence = days_of(complete() | {"prices": {"pvpc": rows, "spot": []}}, "en")[0].ranges[0]
    low, high, mean = (float(x.replace("−", "-")) for x in re.findall(r"−?\d+\.\d{3}", sentence))
    assert low <= mean <= high


# The section Data.


def test_open_alerts_come_gravest_first_and_closed_ones_not_at_all() -> None:
    assert [one["id"] for one in trust.open_alerts(complete()["alerts"])] == [2, 1]


def test_an_alert_speaks_the_pages_language_as_far_as_the_runbook_does() -> None:
    def said(alerts: list[dict[str, Any]], language: str) -> list[tuple[str, str]]:
        rows = trust.alert_rows(trust.open_alerts(alerts), figures.moment(complete()["generated_at"]), texts(language))
        return [(row.meaning, row.action) for row in rows]

    alerts = complete()["alerts"]
    assert said(alerts, "es") == [("Qué es.", "Esperar."), ("Qué es.", "Nada urgente.")]
    assert said(alerts, "en") == [("What it is.", "Wait."), ("What it is.", "Nada urgente.")]
    assert said([alerts[0] | {"meaning": None, "remedy": None}], "es") == [("", "Nada urgente.")]


def test_health_in_words() -> None:
    text = shown(complete())
    assert "1 hueco abierto. Faltan 12.345 registros." in text
    assert "Última recuperación, 10:00: 168 registros rellenados (50 %), 0 tareas fallidas. 7 días apagado." in text
    assert "Demanda REE 10:00 11 h 42 min con retraso" in text
    assert "REE responde desde 23/11 04:00" in text
    assert "AEMET no responde desde 10:00" in text
