from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chocolate_factory.adapters.daily_table import decode
from chocolate_factory.adapters.siar import COLUMNS, parse_siar
from chocolate_factory.adapters.uploads import parse_upload
from chocolate_factory.domain.errors import InputError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import madrid_midnight

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "siar"
HEADER = (
    "IdProvincia;IdEstacion;Fecha;Año;Dia;Temp Media (ºC);Temp Max (ºC);Hora Temp Max;Temp Mínima (ºC);Hora Temp Min;"
    "Humedad Media (%);Humedad Max (%);Hora Hum Max;Humedad Min (%);Hora Hum Mín;Velviento (m/s);DirViento (º);"
    "VelVientoMax (m/s);Hora VelMax;Dir viento Vel Max (º);Radiación (MJ/m2);Precipitación (mm);PePMon;EtPMon"
)
VALUES = "21,5;30,25;15:10;-1,75;06:20;55,5;90;05:00;20,1;16:00;1,2;200;9,4;17:30;180;25,6;0,2;0;4,1"


def line(day: str = "03/05/2026", province: str = "23", station: str = "17", values: str = VALUES) -> str:
    return f"{province};{station};{day};2026;123;{values}"


def csv(*lines: str, header: str = HEADER) -> str:
    return "\r\n".join([header, *lines]) + "\r\n"


def test_a_day_by_the_names_of_its_columns():
    found = parse_siar(csv(line()), NOW)
    assert {o.series: o.value for o in found.observations} == {
        "temperature_mean": 21.5,
        "temperature_max": 30.25,
        "temperature_min": -1.75,
        "humidity_mean": 55.5,
        "wind_speed_mean": 1.2,
        "wind_gust": 9.4,
        "radiation": 25.6,
        "precipitation": 0.2,
    }
    assert (found.problems, found.rows_read) == ([], 1)
    one = found.observations[0]
    assert (one.source, one.kind, one.resolution_minutes) == ("siar", Kind.OBSERVED, 1440)
    assert one.start == madrid_midnight(date(2026, 5, 3)) == datetime(2026, 5, 2, 22, tzinfo=UTC)
    assert one.published_at <= one.received_at == NOW


def test_columns_in_another_order_are_found():
    titles = HEADER.split(";")
    cells = dict(zip(titles, line().split(";"), strict=True))
    turned = sorted(titles)
    found = parse_siar(csv(";".join(cells[t] for t in turned), header=";".join(turned)), NOW)
    assert {(o.series, o.value) for o in found.observations} == {
        (o.series, o.value) for o in parse_siar(csv(line()), NOW).observations
    }


def test_accents_case_and_the_degree_sign_of_a_title_do_not_matter_its_unit_does():
    plain = HEADER.replace("Temp Mínima (ºC)", "TEMP MINIMA (°C)").replace("Velviento (m/s)", "Velviento (km/h)")
    found = parse_siar(csv(line(), header=plain), NOW)
    assert "temperature_min" in {o.series for o in found.observations}
    assert "wind_speed_mean" not in {o.series for o in found.observations}
    assert found.problems == ["column 'velviento' is in km/h, not in m/s"]


def test_a_missing_column_is_told():
    titles, cells = HEADER.split(";"), line().split(";")
    found = parse_siar(csv(";".join(cells[:-4] + cells[-3:]), header=";".join(titles[:-4] + titles[-3:])), NOW)
    assert found.problems == ["there is no column 'radiacion'"]
    assert len(found.observations) == len(COLUMNS) - 1


def test_both_stations_of_linares_count_and_others_are_told():
    found = parse_siar(csv(line("01/05/2026", station="09"), line(), line(station="2"), line(province="14")), NOW)
    assert len({o.start for o in found.observations}) == 2
    assert found.problems == [
        "line 4: station 2 of province 23 is another",
        "line 5: station 17 of province 14 is another",
    ]
    assert found.rows_read == 4


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("31/02/2026"), "day is out of range for month"),
        (line("2026-05-03"), "'2026-05-03' is no date like 31/12/2024"),
        (line() + ";1", "25 fields instead of 24"),
        ("23;17;03/05/2026", "3 fields instead of 24"),
        (line(province="Jaén"), "province 'Jaén' and station '17' are no numbers"),
        (line("01/06/2026"), "2026-06-01 is before 1998 or not over yet"),
        (line("31/12/9999"), "9999-12-31 is before 1998 or not over yet"),
        (line("01/01/0001"), "0001-01-01 is before 1998 or not over yet"),
        (line("04/05/2026"), "2026-05-04 came before"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_costs_nothing_else(bad, reason):
    found = parse_siar(csv(line("04/05/2026"), bad, line("05/05/2026")), NOW)
    assert len(found.problems) == 1
    assert found.problems[0].startswith("line 3: ")
    assert reason in found.problems[0]
    assert {o.start for o in found.observations} == {madrid_midnight(date(2026, 5, d)) for d in (4, 5)}
    assert found.rows_read == 3


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("n/d", "is no number: 'n/d'"), ("nan", "is no number"), ("99,9", "is 99.9 °C, outside"), ("1e3", "is no number")],
)
def test_a_bad_cell_costs_itself_alone(cell, reason):
    found = parse_siar(csv(line(values=VALUES.replace("30,25", cell))), NOW)
    assert len(found.observations) == len(COLUMNS) - 1
    assert found.problems[0].startswith("line 2: temperature_max ")
    assert reason in found.problems[0]


def test_an_empty_cell_is_an_absent_value():
    found = parse_siar(csv(line(values=VALUES.replace("21,5", "", 1).replace("0,2;0;", ";;"))), NOW)
    assert {"temperature_mean", "precipitation"}.isdisjoint(o.series for o in found.observations)
    assert found.problems == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-8", "utf-8-sig", "latin-1"])
def test_every_encoding_in_which_it_comes(encoding):
    found = parse_upload("export.csv", csv(line()).encode(encoding), NOW)
    assert len(found.observations) == len(COLUMNS)
    assert found.problems == []


def test_a_byte_cut_off_at_the_end_spoils_the_last_line_alone():
    content = csv(line("01/05/2026"), line("02/05/2026")).rstrip().encode("utf-16-le")[:-1]
    found = parse_upload("cut.csv", content, NOW)
    assert len(found.observations) == 2 * len(COLUMNS)
    assert found.problems == []
    assert decode(content).endswith("\N{REPLACEMENT CHARACTER}")


def test_something_else_is_no_siar():
    with pytest.raises(UpstreamLiedError, match="idprovincia"):
        parse_siar("a;b;c\n1;2;3\n", NOW)


def test_too_many_lines_are_refused():
    with pytest.raises(UpstreamLiedError, match="250000 lines"):
        parse_siar(HEADER + "\n" * 250_100, NOW)


def test_an_unknown_station_is_named():
    with pytest.raises(InputError, match="5279X") as caught:
        parse_siar(csv(line()), NOW, "9999Z")
    assert caught.value.field == "station_id"


@pytest.mark.parametrize("year", [2023, 2024])
def test_recorded_years(year):
    file = PAYLOADS / f"J17_Linares_01_01_{year}_31_12_{year}.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    found = parse_upload(file.name, file.read_bytes(), NOW)
    days = 366 if year == 2024 else 365
    assert (found.problems, found.rows_read) == ([], days)
    assert len({o.start for o in found.observations}) == days
    by_series = {c.series: [o.value for o in found.observations if o.series == c.series] for c in COLUMNS}
    assert all(len(values) > 0.95 * days for values in by_series.values())
    assert 38 < max(by_series["temperature_max"]) < 48
