"""Files of meter readings: what each line says, and why a line is not taken."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from fakes import at

from chocolate_factory.adapters.meter_files import MAX_BYTES, parse_meter_file
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.metering import MeterFile
from chocolate_factory.domain.time import HOUR, Resolution, madrid_day, slots

CUPS = "ES0031405123456789JN0F"
HEADER = "CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion"
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 26)


def read(text: str, encoding: str = "utf-8") -> MeterFile:
    return parse_meter_file("file.csv", text.encode(encoding))


def datadis(*rows: str, header: str = HEADER) -> MeterFile:
    return read("\n".join([header, *rows]))


def told(file: MeterFile) -> list[tuple[int, str, str]]:
    return [(r.line, r.field, r.value) for r in file.refusals]


def of_day(day: date, *ends: str, dated: str = "%Y/%m/%d") -> list[str]:
    """A line of Datadis for each end of a slot; the first has 1 kWh, the second 2, …"""
    return [f"{CUPS};{day.strftime(dated)};{end};{i},5;Real" for i, end in enumerate(ends, 1)]


def hours(*numbers: int) -> list[str]:
    return [f"{n:02d}:00" for n in numbers]


def starts(file: MeterFile, day: date) -> list[float]:
    """Hours after midnight at which each reading begins, in the file's order."""
    return [(r.start - madrid_day(day).start) / HOUR for r in file.readings]


# ------------------------------------------------------------------------------------------------------ our own format
def test_our_own_format_in_hours_and_in_quarter_hours():
    file = read("start_utc,kwh\n2026-10-01T00:00:00Z,12.5\n2026-10-01T03:00:00+02:00,0\n")
    assert (file.source, file.lines, file.refusals) == ("meter", 2, [])
    assert [(r.start, r.resolution, r.kwh, r.line) for r in file.readings] == [
        (at("2026-10-01T02:00"), Resolution.HOUR, 12.5, 2),
        (at("2026-10-01T03:00"), Resolution.HOUR, 0.0, 3),
    ]
    quarters = read("start_utc,energy_kwh\n2026-10-01T00:00:00,1\n2026-10-01T00:15:00,2\n")
    assert [r.resolution for r in quarters.readings] == [Resolution.QUARTER] * 2
    assert [r.power_kw for r in quarters.readings] == [4.0, 8.0]


def test_numbers_as_programs_write_them():
    file = read("start_utc,kwh\n2026-10-01T00:00Z,16.933999999999997\n2026-10-01T01:00Z,1e-05\n")
    assert [r.kwh for r in file.readings] == [16.933999999999997, 0.00001]


def test_a_spreadsheet_s_semicolons_bring_a_decimal_comma():
    file = read("start_utc;kwh\r\n2026-10-01T00:00Z;12,5\r\n2026-10-01T01:00Z;12.5\r\n", "utf-16")
    assert [r.kwh for r in file.readings] == [12.5]
    assert told(file) == [(3, "kwh", "12.5")]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("yesterday,1", "start_utc", "yesterday"),
        (",1", "start_utc", ""),
        ("2026-10-01T00:07:00Z,1", "start_utc", "2026-10-01T00:07:00Z"),
        ("1890-10-01T00:00:00Z,1", "start_utc", "1890-10-01T00:00:00Z"),
        ("2026-10-01T00:00:00Z,", "kwh", ""),
        ("2026-10-01T00:00:00Z", "kwh", ""),
        ("2026-10-01T00:00:00Z,a few", "kwh", "a few"),
        ("2026-10-01T00:00:00Z,nan", "kwh", "nan"),
        ("2026-10-01T00:00:00Z,1e9", "kwh", "1e9"),
        ('2026-10-01T00:00:00Z,"1,5"', "kwh", "1,5"),
    ],
)
def test_a_line_that_says_nothing_is_told_and_the_others_are_read(line, field, value):
    file = read(f"start_utc,kwh\n{line}\n\n2026-10-01T05:00:00Z,3\n")
    assert told(file) == [(2, field, value)]
    assert file.refusals[0].reason
    assert file.refusals[0].allowed
    assert [r.kwh for r in file.readings] == [3.0]
    assert file.lines == 2


def test_a_day_of_hours_in_a_file_of_quarter_hours_might_be_either():
    rows = ["2026-10-01T06:00Z,1", "2026-10-01T06:15Z,1", "2026-10-02T06:00Z,4", "2026-10-02T07:00Z,4"]
    file = read("\n".join(["start_utc,kwh", *rows]))
    assert [r.line for r in file.readings] == [2, 3]
    assert [(r.line, "either" in r.reason) for r in file.refusals] == [(4, True), (5, True)]


@pytest.mark.parametrize(("unit", "way_out"), [("wh", "divide by 1000"), ("MWh", "multiply"), ("kW", "hours")])
def test_a_column_in_another_unit_is_told_and_never_guessed(unit, way_out):
    for header, line in (
        (f"start_utc,energy_{unit}", "2026-10-01T00:00:00Z,1"),
        (f"CUPS;Fecha;Hora;Consumo_{unit};Metodo_obtencion", f"{CUPS};2026/10/01;01:00;1,0;Real"),
    ):
        with pytest.raises(InputError, match=way_out):
            read(f"{header}\n{line}\n")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "start_utc,price_eur_mwh\n2026-10-01T00:00:00Z,1\n", "%PDF-1.7"])
def test_a_file_of_another_kind_is_told_what_would_be_read(text):
    with pytest.raises(InputError, match="start_utc,kwh"):
        read(text)


def test_a_file_beyond_all_measure():
    with pytest.raises(InputError, match="at most 16 MiB"):
        parse_meter_file("big.csv", b"x" * (MAX_BYTES + 1))
    line = "2026-10-01T00:00:00Z,1\n"
    with pytest.raises(InputError, match="400000 lines"):
        read("start_utc,kwh\n" + line * 400_001)


# -------------------------------------------------------------------------------------------------------------- Datadis
@pytest.mark.parametrize("dated", ["%Y/%m/%d", "%d/%m/%Y", "%Y-%m-%d"])
def test_datadis_hours_are_the_ends_of_their_slots_on_the_local_clock(dated):
    file = datadis(*of_day(PLAIN, *hours(*range(1, 25)), dated=dated))
    assert (file.source, file.lines, len(file.refusals)) == ("datadis", 24, 0)
    assert starts(file, PLAIN) == list(range(24))
    assert [r.kwh for r in file.readings][:2] == [1.5, 2.5]
    assert {(r.resolution, r.supply, r.is_estimate) for r in file.readings} == {(Resolution.HOUR, CUPS, False)}


def test_datadis_quarter_hours_more_columns_other_cases_and_an_estimate():
    header = "cups;fecha;hora;consumo_kWh;metodoObtencion;Energia_vertida_kWh"
    rows = [f"{CUPS.lower()};26/10/2026;{end};0,245;Estimada;0,0" for end in ("00:15", "00:30", "24:00")]
    file = datadis(*rows, header=header)
    assert starts(file, PLAIN) == [0.0, 0.25, 23.75]
    assert {(r.resolution, r.supply, r.is_estimate) for r in file.readings} == {(Resolution.QUARTER, CUPS, True)}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (f"{CUPS};2026/13/01;01:00;1,0;Real", "fecha"),
        (f"{CUPS};2026/02/31;01:00;1,0;Real", "fecha"),
        (f"{CUPS};1/10/26;01:00;1,0;Real", "fecha"),
        (f"{CUPS};2026/10/26;00:00;1,0;Real", "hora"),
        (f"{CUPS};2026/10/26;26:00;1,0;Real", "hora"),
        (f"{CUPS};2026/10/26;25:00;1,0;Real", "hora"),  # a plain day has 24
        (f"{CUPS};2026/10/26;01:07;1,0;Real", "hora"),
        (f"{CUPS};2026/10/26;01:00;1.0;Real", "consumo_kwh"),
        (f"{CUPS};2026/10/26;01:00;1.234,5;Real", "consumo_kwh"),
        (f"{CUPS};2026/10/26;01:00;;Real", "consumo_kwh"),
        (f"{CUPS};2026/10/26;01:00;1,0;Perhaps", "metodo_obtencion"),
    ],
)
def test_a_line_of_datadis_that_says_nothing(line, field):
    file = datadis(line, *of_day(PLAIN, "05:00"))
    assert [(r.line, r.field) for r in file.refusals] == [(2, field)]
    assert starts(file, PLAIN) == [4.0]


# ---------------------------------------------------------------------------------------------- the days of 23 and 25
@pytest.mark.parametrize(
    "labels",
    [
        hours(*range(1, 26)),  # counted
        hours(1, 2, 3, 3, *range(4, 25)),  # the hour between two and three, twice
        hours(1, 2, 2, 3, *range(4, 25)),  # its end on a clock that goes back at three
    ],
)
def test_the_day_of_25_hours(labels):
    file = datadis(*of_day(AUTUMN, *labels))
    assert starts(file, AUTUMN) == list(range(25))
    assert file.refusals == []


def test_the_day_of_25_hours_whose_repeated_hour_stands_there_once():
    file = datadis(*of_day(AUTUMN, *hours(1, 2, 3, 4, 24)))
    assert starts(file, AUTUMN) == [0, 1, 4, 24]
    assert [(r.line, r.value, "twice" in r.reason) for r in file.refusals] == [(4, "03:00", True)]


def test_a_double_elsewhere_on_the_day_of_25_hours_is_no_repeated_hour():
    file = datadis(*of_day(AUTUMN, *hours(1, 2, 3, 3, 4, 10, 10)))
    assert starts(file, AUTUMN) == [0, 1, 2, 3, 4, 10, 10]


@pytest.mark.parametrize(
    "labels",
    [
        hours(*range(1, 24)),  # counted
        hours(1, 2, *range(4, 25)),  # the hour that does not exist is left out
        hours(1, 3, *range(4, 25)),  # the hour before it ends at three
    ],
)
def test_the_day_of_23_hours(labels):
    file = datadis(*of_day(SPRING, *labels))
    assert starts(file, SPRING) == list(range(23))
    assert file.refusals == []


def test_an_hour_that_does_not_exist():
    file = datadis(*of_day(SPRING, *hours(*range(1, 25))))
    assert starts(file, SPRING) == list(range(23))
    assert [(r.line, r.value, "does not exist" in r.reason) for r in file.refusals] == [(4, "03:00", True)]


@pytest.mark.parametrize("day", [SPRING, AUTUMN, PLAIN])
def test_quarter_hours_of_every_sort_of_day_on_the_clock_s_own_labels(day):
    """As Madrid's clock shows the ends: in autumn 02:15 to 03:00 come twice, in spring 02:00 is 03:00."""
    length = timedelta(minutes=15)
    ends = [start + length for start in slots(madrid_day(day), Resolution.QUARTER)]
    labels = [_label(end, end == madrid_day(day).end) for end in ends]
    file = datadis(*of_day(day, *labels))
    assert starts(file, day) == [i / 4 for i in range(len(labels))]


def _label(end, is_midnight: bool) -> str:
    from chocolate_factory.domain.time import MADRID

    return "24:00" if is_midnight else f"{end.astimezone(MADRID):%H:%M}"
