from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
import rarfile
from datosclima_files import (
    DAY,
    ELSEWHERE,
    HEADER,
    LINARES,
    NOW,
    RIOFRIO,
    cell,
    month,
    rar,
    row,
    sheet_of,
    workbook,
)
from structlog.testing import capture_logs

from chocolate_factory.adapters import rar as rar_module
from chocolate_factory.adapters import uploads, xls
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.datosclima import DatosclimaDaily, day_named, parse_archive, parse_workbook
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.uploads import parse_upload
from chocolate_factory.adapters.xls import read_workbooks
from chocolate_factory.domain.errors import InputError, UpstreamDownError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import Interval, madrid_day, madrid_midnight
from chocolate_factory.ports import Feed

SHARED = Path(__file__).resolve().parents[3] / "shared"


# ----------------------------------------------------------------------------------------------------- a day's table
def test_a_day_of_linares_in_the_catalogues_units():
    found = parse_workbook(sheet_of(RIOFRIO, ELSEWHERE, LINARES), row(), "5279X")
    assert {o.series: o.value for o in found.observations} == {
        "temperature_max": 26.8,
        "temperature_min": -1.5,
        "temperature_mean": 12.7,
        "wind_gust": pytest.approx(10.0),
        "precipitation": 1.4,
    }
    assert (found.problems, found.rows_read) == ([], 3)
    one = found.observations[0]
    assert (one.source, one.kind, one.resolution_minutes) == ("datosclima", Kind.OBSERVED, 1440)
    assert one.start == madrid_midnight(DAY)


def test_titles_are_found_by_text_whatever_their_place_accents_and_case():
    turned = [list(reversed([str(c).upper().replace("Ó", "O").replace("Á", "A") for c in HEADER]))]
    found = parse_workbook([*turned, list(reversed(LINARES))], row(), "5279X")
    assert len(found.observations) == 5
    assert found.problems == []


def test_the_name_is_compared_without_accents_and_case():
    found = parse_workbook(sheet_of(["LINARES ", "JAEN", *LINARES[2:]]), row(), "5279X")
    assert len(found.observations) == 5


@pytest.mark.parametrize(("rows", "problem"), [((RIOFRIO,), "no rows for Linares"), ((LINARES, LINARES), "2 rows for")])
def test_linares_must_be_there_once(rows, problem):
    found = parse_workbook(sheet_of(*rows), row(), "5279X")
    assert found.observations == []
    assert problem in found.problems[0]
    assert found.problems[0].startswith("Aemet2026-05-03.xls: ")


def test_cells_are_judged_one_by_one():
    odd = ["Linares", "Jaén", "26,8", "", "-", "none (17:20)", "", "Ip", 0]
    found = parse_workbook(sheet_of(odd), row(), "5279X")
    assert {o.series: o.value for o in found.observations} == {"temperature_max": 26.8, "precipitation": 0.0}
    assert found.problems == ["Aemet2026-05-03.xls: wind_gust is no number: 'none (17:20)'"]


def test_an_impossible_value_is_refused():
    found = parse_workbook(sheet_of([*LINARES[:2], "126.8", *LINARES[3:]]), row(), "5279X")
    assert "temperature_max" not in {o.series for o in found.observations}
    assert "126.8 °C, outside -25 to 52" in found.problems[0]


def test_a_table_without_header_or_a_column_is_told():
    assert parse_workbook([["x"], ["y"]], row(), "5279X").problems == [
        "Aemet2026-05-03.xls: no header with Estación and Provincia"
    ]
    found = parse_workbook([[*HEADER[:5], "Viento (km/h)", *HEADER[6:]], LINARES], row(), "5279X")
    assert found.problems == ["Aemet2026-05-03.xls: there is no column 'racha'"]
    assert len(found.observations) == 4


def test_a_day_that_is_not_over_is_refused():
    found = parse_workbook(sheet_of(LINARES), row(date(2026, 6, 10)), "5279X")
    assert (found.observations, len(found.problems)) == ([], 1)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Aemet2024-05-03.xls", date(2024, 5, 3)),
        ("Aemet20171030.csv", date(2017, 10, 30)),
        ("2024-05-03 (1).XLS", date(2024, 5, 3)),
        ("Aemet2024-02-30.xls", None),
        ("Aemet2024-05.rar", None),
        ("12024-05-031.xls", None),
    ],
)
def test_the_day_stands_in_the_files_name(name, day):
    assert day_named(name) == day


# ------------------------------------------------------------------------------------------------------ XLS files
def test_a_workbook_is_read_as_it_was_written():
    [table] = read_workbooks([workbook(sheet_of(LINARES))])
    assert [c for c in table[0] if c] == ["Datos de estaciones"]
    assert table[4] == HEADER
    assert table[5] == LINARES


def test_a_damaged_workbook_costs_itself_alone():
    good = workbook(sheet_of(LINARES))
    tables = read_workbooks([good, good[:2000], b"no workbook", good])
    assert [isinstance(t, str) for t in tables] == [False, True, True, False]
    assert all("damaged" in str(t) for t in tables[1:3])


def test_a_workbook_that_wants_all_memory_kills_its_reader_only():
    """A cell at the last row and column makes calamine ask for 65536 x 65536 cells."""
    far = workbook([["a"]], beyond=cell(65535, 65535, "b"))
    tables = read_workbooks([far, workbook(sheet_of(LINARES))])
    assert "damaged" in str(tables[0])
    assert tables[1][5] == LINARES


def test_a_reader_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(xls, "SECONDS", 0.001)
    [table] = read_workbooks([workbook(sheet_of(LINARES))])
    assert table == "reading it took more than 0 s"


# ------------------------------------------------------------------------------------------------------ RAR archives
@pytest.fixture
def fresh_program(monkeypatch):
    monkeypatch.setattr(rarfile, "CURRENT_SETUP", None)


def test_a_month_of_stored_members():
    found = parse_archive(rar(month(1, 2, 3)), NOW, "5279X")
    assert {o.start for o in found.observations} == {madrid_midnight(date(2026, 5, d)) for d in (1, 2, 3)}
    assert (len(found.observations), found.problems, found.rows_read) == (15, [], 3)


@pytest.mark.skipif(not shutil.which("bsdtar"), reason="bsdtar (libarchive-tools) is not here")
@pytest.mark.usefixtures("fresh_program")
def test_a_month_of_compressed_members(monkeypatch):
    monkeypatch.setattr(rarfile, "UNRAR_TOOL", "no-unrar-here")
    monkeypatch.setattr(rarfile, "UNAR_TOOL", "no-unar-here")
    found = parse_archive(rar(month(1, 2), compressed=True), NOW, "5279X")
    assert (len(found.observations), found.problems) == (10, [])


@pytest.mark.usefixtures("fresh_program")
def test_without_a_program_the_error_names_what_to_install(monkeypatch):
    for tool in ("UNRAR_TOOL", "UNAR_TOOL"):
        monkeypatch.setattr(rarfile, tool, "no-such-program")
    monkeypatch.setattr(rar_module.shutil, "which", lambda name: None)
    with pytest.raises(UpstreamLiedError, match="apt-get install libarchive-tools"):
        parse_archive(rar(month(1), compressed=True), NOW, "5279X")
    assert len(parse_archive(rar(month(1)), NOW, "5279X").observations) == 5


def test_only_the_wanted_days_are_read():
    found = parse_archive(rar(month(1, 2, 3)), NOW, "5279X", {date(2026, 5, 2)})
    assert {o.start for o in found.observations} == {madrid_midnight(date(2026, 5, 2))}
    assert found.rows_read == 1


def test_a_corrupt_workbook_costs_its_day():
    found = parse_archive(rar({**month(1), "Aemet2026-05-02.xls": b"garbage", **month(3)}), NOW, "5279X")
    assert len(found.observations) == 10
    assert [p.split(":")[0] for p in found.problems] == ["Aemet2026-05-02.xls"]


def test_a_member_whose_checksum_is_wrong_costs_its_day():
    body = rar(month(1, 2))
    at = body.rindex("Linares".encode("utf-16-le"))
    found = parse_archive(body[:at] + b"X" + body[at + 1 :], NOW, "5279X")
    assert len(found.observations) == 5
    assert found.problems == ["Aemet2026-05-02.xls: it is damaged or locked in the archive"]


def test_other_members_are_told():
    found = parse_archive(rar({"leeme.txt": b"x", **month(1), "copy/Aemet2026-05-01.xls": b"y"}), NOW, "5279X")
    assert len(found.observations) == 5
    assert found.problems == [
        "leeme.txt: no day in its name",
        "Aemet2026-05-01.xls: a second file for its day",
    ]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"Rar!\x1a\x07\x00", "damaged"),
        (rar(month(1))[:6], "damaged"),
        (b"nothing of the kind", "damaged"),
        (rar(month(1))[:25] + b"\xff\xff" + rar(month(1))[27:], "damaged"),
        (rar({f"Aemet2026-05-{i}.xls": b"" for i in range(401)}), "more than 400 files"),
        (rar({"a.xls": b"x", "b.xls": b"x"}, claims=2**27 + 1), "256 MiB"),
    ],
)
def test_an_archive_that_is_corrupt_or_a_bomb_is_refused_whole(body, why):
    with pytest.raises(UpstreamLiedError, match=why):
        parse_archive(body, NOW, "5279X")


# ------------------------------------------------------------------------------------------------------------ feed
def feed(answers: dict[str, bytes | int], now: datetime = NOW) -> tuple[DatosclimaDaily, list[str]]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rsplit("/", 1)[-1])
        found = answers.get(asked[-1], 404)
        if isinstance(found, int):
            return httpx.Response(found, html="<html>error</html>")
        return httpx.Response(200, content=found, headers={"content-type": "application/x-rar-compressed"})

    clock = FixedClock(now)
    limits = Limits(per_minute=30)
    client = PoliteClient(
        "datosclima", "http://datosclima.test", limits, clock, transport=httpx.MockTransport(answer), jitter=lambda: 0.5
    )
    return DatosclimaDaily(client, clock), asked


def days(first: date, last: date) -> Interval:
    return Interval(madrid_midnight(first), madrid_midnight(last + timedelta(days=1)))


def test_it_is_a_feed():
    one: Feed = feed({})[0]
    assert (one.name, one.upstream) == ("datosclima.daily", "datosclima")
    assert one.series == {"temperature_max", "temperature_min", "temperature_mean", "wind_gust", "precipitation"}
    assert one.reach(NOW) == Interval(madrid_midnight(date(2009, 1, 1)), madrid_midnight(date(2026, 6, 10)))
    october = days(date(2025, 10, 1), date(2025, 10, 31))
    assert october.duration <= one.longest


def test_one_request_for_each_month_that_the_window_touches():
    one, asked = feed({"Aemet2026-05.rar": rar(month(30, 31)), "Aemet2026-06.rar": rar(month(1, 2, of="2026-06"))})
    found = one.fetch(days(date(2026, 5, 31), date(2026, 6, 1)), 30)
    assert asked == ["Aemet2026-05.rar", "Aemet2026-06.rar"]
    assert {o.start for o in found} == {madrid_midnight(date(2026, 5, 31)), madrid_midnight(date(2026, 6, 1))}
    assert {o.received_at for o in found} == {NOW}


def test_a_window_in_which_no_day_begins_asks_for_nothing():
    one, asked = feed({})
    noon = madrid_day(DAY).start + timedelta(hours=12)
    assert one.fetch(Interval(noon, noon + timedelta(hours=1)), 30) == []
    assert asked == []


def test_not_there_yet_is_empty():
    one, _ = feed({"Aemet2026-06.rar": rar(month(1, of="2026-06"))})
    with pytest.raises(UpstreamEmptyError):
        one.fetch(days(date(2026, 5, 1), date(2026, 5, 3)), 30)
    with pytest.raises(UpstreamEmptyError, match="yet"):
        one.fetch(days(date(2026, 6, 9), date(2026, 6, 9)), 30)


@pytest.mark.parametrize("bad", [b"Rar!\x1a\x07\x00 and then nothing", b"no archive"])
def test_a_corrupt_archive_costs_its_month_and_is_named(bad):
    one, _ = feed({"Aemet2026-05.rar": bad, "Aemet2026-06.rar": rar(month(1, of="2026-06"))})
    with capture_logs() as logs:
        found = one.fetch(days(date(2026, 5, 20), date(2026, 6, 1)), 30)
    assert {o.start for o in found} == {madrid_midnight(date(2026, 6, 1))}
    assert any("Aemet2026-05.rar" in told for entry in logs for told in entry.get("first", []))


def test_when_nothing_could_be_read_it_lied():
    one, _ = feed({"Aemet2026-05.rar": rar({"Aemet2026-05-03.xls": b"garbage", **month(4)})})
    with pytest.raises(UpstreamLiedError, match=r"Aemet2026-05-03\.xls"):
        one.fetch(madrid_day(DAY), 30)


def test_a_server_that_is_down_is_down():
    one, asked = feed({"Aemet2026-05.rar": 503})
    with pytest.raises(UpstreamDownError):
        one.fetch(madrid_day(DAY), 30)
    assert len(asked) == 3


def test_a_station_without_a_known_name_is_refused():
    client = PoliteClient("datosclima", "http://x", Limits(30), FixedClock(NOW))
    with pytest.raises(InputError, match="5279X") as caught:
        DatosclimaDaily(client, FixedClock(NOW), "0000X")
    assert caught.value.field == "station_id"


# --------------------------------------------------------------------------------------------------------- uploads
REDUCED = (
    "Andújar;Jaén;30.0 ;15:00;10.0 ;06:00;0\r\n"
    "Linares;Jaén;23.5 ;15:20;-3.1 ;06:20;0.4\r\n"
    "Linares;Cádiz;1.0;1:00;0.0;2:00;0\r\n"
)


def test_a_reduced_csv():
    found = parse_upload("Aemet20260503.csv", REDUCED.encode("latin-1"), NOW)
    assert {o.series: o.value for o in found.observations} == {
        "temperature_max": 23.5,
        "temperature_min": -3.1,
        "precipitation": 0.4,
    }
    assert {o.start for o in found.observations} == {madrid_midnight(DAY)}
    assert (found.problems, found.rows_read) == ([], 3)


def test_a_broken_line_of_a_reduced_csv_is_told():
    found = parse_upload("Aemet20260503.csv", (REDUCED + "Quinto;Zaragoza\n").encode("utf-8"), NOW)
    assert found.problems == ["line 4: 2 fields instead of 7"]
    assert (len(found.observations), found.rows_read) == (3, 4)


def test_an_archive_and_a_workbook_are_known_by_what_they_hold():
    body = workbook(sheet_of(LINARES))
    assert len(parse_upload("whatever.bin", rar(month(1, 2)), NOW).observations) == 10
    assert len(parse_upload("Aemet2026-05-03.txt", body, NOW).observations) == 5
    broken = parse_upload("Aemet2026-05-03.xls", body[:1500], NOW)
    assert broken.observations == []
    assert broken.problems[0].startswith("Aemet2026-05-03.xls: the workbook is damaged")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 a zip", b"\xff\xfe", b"a;b\n1;2\n", bytes(1000)])
def test_an_unknown_format_is_refused_with_what_is_accepted(content):
    with pytest.raises(InputError, match="SIAR") as caught:
        parse_upload("Aemet2026-05-03.xyz", content, NOW)
    assert (caught.value.field, caught.value.value) == ("file", "Aemet2026-05-03.xyz")


@pytest.mark.parametrize("content", [REDUCED.encode(), workbook([["x"]])])
def test_a_single_day_needs_its_date_in_the_name(content):
    with pytest.raises(InputError, match="must carry the day"):
        parse_upload("Linares.xls", content, NOW)


def test_a_damaged_or_swollen_archive_is_refused_by_name():
    with pytest.raises(InputError, match=r"mayo\.rar.*damaged"):
        parse_upload("mayo.rar", rar(month(1))[:10], NOW)
    with pytest.raises(InputError, match="more than 400 files"):
        parse_upload("mayo.rar", rar({str(i): b"" for i in range(401)}), NOW)


def test_a_file_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 2**20)
    with pytest.raises(InputError, match="larger than 1 MiB"):
        parse_upload("big.csv", bytes(2**20 + 1), NOW)


def test_an_unknown_station_of_an_upload_is_named():
    with pytest.raises(InputError, match="5279X") as caught:
        parse_upload("Aemet20260503.csv", REDUCED.encode(), NOW, "1111A")
    assert caught.value.field == "station_id"


# --------------------------------------------------------------------------------------------- recorded real files
@pytest.mark.parametrize("name", ["Aemet20171030.csv", "Aemet20171031.csv"])
def test_recorded_reduced_csv(name):
    file = SHARED / "payloads" / "datosclima" / name
    if not file.exists():
        pytest.skip(f"{file} is not here")
    found = parse_upload(name, file.read_bytes(), NOW)
    assert {o.series for o in found.observations} == {"temperature_max", "temperature_min", "precipitation"}
    assert found.problems == []
    assert found.rows_read >= 750


def test_recorded_workbooks_of_a_month():
    file = SHARED / "upstreams" / "data" / "datosclima_daily_xls.zip"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    with ZipFile(file) as archive:
        members = {f"Aemet{name}": archive.read(name) for name in archive.namelist() if name.startswith("2024-02")}
    found = parse_archive(rar(members), NOW, "5279X")
    assert (len(members), found.problems) == (29, [])
    highs = [o.value for o in found.observations if o.series == "temperature_max"]
    assert len(highs) == 29
    assert all(5 < high < 30 for high in highs)
