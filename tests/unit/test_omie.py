"""OMIE's files: which column, how many periods, and bodies that are not whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.omie import OmieSpot, parse_marginal
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, Interval, Resolution, madrid_day, madrid_midnight, slots

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "omie"
recorded = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"no recorded payloads at {PAYLOADS}")

DAY, SPRING, AUTUMN = date(2026, 5, 4), date(2026, 3, 29), date(2026, 10, 25)
OLD, OLD_SPRING, OLD_AUTUMN = date(2025, 9, 29), date(2025, 3, 30), date(2024, 10, 27)
RECEIVED = datetime(2026, 11, 1, 6, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def lines(day: date, count: int) -> list[str]:
    """Portugal is a thousand dearer, so that no test can take it for Spain."""
    return [f"{day:%Y;%m;%d};{i};{1000 + i};{i - 3.5:g};" for i in range(1, count + 1)]


def body(day: date, count: int) -> bytes:
    return wrap(lines(day, count))


def wrap(held: list[str]) -> bytes:
    return "\r\n".join(["MARGINALPDBC;", *held, "*", ""]).encode()


# ---------------------------------------------------------------------- reading
def test_a_day_of_quarter_hours_is_spains():
    found = parse_marginal(body(DAY, 96), DAY, RECEIVED)
    assert [o.value for o in found[:5]] == [-2.5, -1.5, -0.5, 0.5, 1.5]
    assert [o.start for o in found[:2]] == [madrid_midnight(DAY), madrid_midnight(DAY) + QUARTER]
    first = found[0]
    assert (first.series, first.source, first.kind, first.resolution_minutes) == ("spot", "omie", Kind.OBSERVED, 15)
    assert first.published_at == datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert first.received_at == RECEIVED


@pytest.mark.parametrize(
    ("day", "count", "step"),
    [
        (OLD_SPRING, 23, HOUR),
        (OLD, 24, HOUR),
        (OLD_AUTUMN, 25, HOUR),
        (SPRING, 92, QUARTER),
        (DAY, 96, QUARTER),
        (AUTUMN, 100, QUARTER),
    ],
)
def test_periods_run_from_midnight_through_the_clock_change(day, count, step):
    found = parse_marginal(body(day, count), day, RECEIVED)
    assert [o.start for o in found] == [madrid_midnight(day) + i * step for i in range(count)]
    assert found[-1].start + step == madrid_midnight(day + timedelta(days=1))
    assert {o.resolution_minutes for o in found} == {step.seconds // 60}


def test_quarter_hours_of_the_hourly_market_become_its_hours():
    found = parse_marginal(body(OLD, 96), OLD, RECEIVED)
    assert [o.start for o in found] == list(slots(madrid_day(OLD), Resolution.HOUR))
    assert [o.value for o in found[:2]] == [-1.0, 3.0]


def test_the_order_of_the_lines_does_not_matter():
    shuffled = wrap(lines(DAY, 96)[::-1])
    assert parse_marginal(shuffled, DAY, RECEIVED) == parse_marginal(body(DAY, 96), DAY, RECEIVED)


@pytest.mark.parametrize("text", [b"\n", b"\r\n\r\n", b""])
def test_line_ends_may_differ(text):
    unix = body(DAY, 96).replace(b"\r\n", b"\n").rstrip() + text
    assert len(parse_marginal(unix, DAY, RECEIVED)) == 96


# ---------------------------------------------------------------------- lies
@pytest.mark.parametrize(
    ("day", "count"),
    [(DAY, 95), (DAY, 92), (DAY, 100), (SPRING, 96), (AUTUMN, 96), (OLD, 23), (OLD_SPRING, 24), (OLD, 0)],
)
def test_the_periods_must_be_the_days(day, count):
    with pytest.raises(UpstreamLiedError, match="periods"):
        parse_marginal(body(day, count), day, RECEIVED)


@pytest.mark.parametrize(("day", "count"), [(SPRING, 23), (DAY, 24), (AUTUMN, 25)])
def test_hours_are_no_answer_since_the_market_trades_quarters(day, count):
    with pytest.raises(UpstreamLiedError, match="60 minutes"):
        parse_marginal(body(day, count), day, RECEIVED)


def test_a_file_without_its_asterisk_is_cut_off():
    whole = body(DAY, 96)
    for size in (len(whole) - 3, len(whole) // 2, 20):
        with pytest.raises(UpstreamLiedError):
            parse_marginal(whole[:size], DAY, RECEIVED)
    with pytest.raises(UpstreamLiedError, match="cut off"):
        parse_marginal(whole[:-3], DAY, RECEIVED)


@pytest.mark.parametrize(
    "line",
    [
        "2026;05;04;7;10.5;nan;",
        "2026;05;04;7;10.5;;",
        "2026;05;04;7;10.5;",
        "2026;05;04;7;10,5;10,5;",
        "2026;05;04;seven;10.5;10.5;",
        "2026;05;05;7;10.5;10.5;",
        "2026;05;04;8;10.5;10.5;",
        "2026;05;04;97;10.5;10.5;",
        "2026;05;04;7;1;2;3;",
    ],
)
def test_a_line_that_does_not_fit_is_a_lie(line):
    held = lines(DAY, 96)
    held[6] = line
    with pytest.raises(UpstreamLiedError):
        parse_marginal(wrap(held), DAY, RECEIVED)


@pytest.mark.parametrize(
    "junk", [b"", b"*", b"<html></html>", b'{"errors": []}', b"\xff\xfe\x00", b"MARGINALPIBC;\r\n*"]
)
def test_what_is_no_such_file_is_a_lie(junk):
    with pytest.raises(UpstreamLiedError):
        parse_marginal(junk, DAY, RECEIVED)


# ---------------------------------------------------------------------- asking
class World:
    def __init__(self, answers: dict[str, list[httpx.Response]]) -> None:
        self.clock = FixedClock(datetime(2026, 5, 4, 11, tzinfo=UTC))
        self.asked: list[httpx.URL] = []
        self._answers = answers
        transport = httpx.MockTransport(self._answer)
        client = PoliteClient("omie", "https://omie.example", Limits(30), self.clock, transport=transport)
        self.feed = OmieSpot(client, self.clock)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return self._answers[request.url.params["filename"]].pop(0)


def file(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"content-type": "application/octet-stream"})


def no_file() -> httpx.Response:
    return httpx.Response(404, text="<html>Not found</html>", headers={"content-type": "text/html"})


def test_one_day_is_one_request_and_only_the_window_comes_back():
    world = World({"marginalpdbc_20260504.1": [file(body(DAY, 96))]})
    window = Interval(madrid_midnight(DAY) + HOUR, madrid_midnight(DAY) + 2 * HOUR)
    assert [o.value for o in world.feed.fetch(window, patience=10.0)] == [1.5, 2.5, 3.5, 4.5]
    assert [str(url) for url in world.asked] == [
        "https://omie.example/es/file-download?parents=marginalpdbc&filename=marginalpdbc_20260504.1"
    ]


def test_a_file_cut_off_is_asked_again():
    world = World({"marginalpdbc_20260504.1": [file(body(DAY, 96)[:-900]), file(body(DAY, 96))]})
    assert len(world.feed.fetch(madrid_day(DAY), patience=10.0)) == 96
    assert len(world.asked) == 2


def test_tomorrow_not_being_out_does_not_take_today_away():
    world = World({"marginalpdbc_20260504.1": [file(body(DAY, 96))], "marginalpdbc_20260505.1": [no_file()]})
    midnight = madrid_midnight(date(2026, 5, 5))
    found = world.feed.fetch(Interval(midnight - HOUR, midnight + HOUR), patience=10.0)
    assert [o.start for o in found] == [midnight - HOUR + i * QUARTER for i in range(4)]
    assert len(world.asked) == 2


def test_no_file_is_no_data_and_not_asked_again():
    world = World({"marginalpdbc_20260505.1": [no_file()]})
    with pytest.raises(UpstreamEmptyError, match="404"):
        world.feed.fetch(madrid_day(date(2026, 5, 5)), patience=10.0)
    assert len(world.asked) == 1


def test_the_firewall_is_transient():
    page = httpx.Response(403, text="<html>", headers={"content-type": "text/html"})
    world = World({"marginalpdbc_20260504.1": [page, file(body(DAY, 96))]})
    assert len(world.feed.fetch(madrid_day(DAY), patience=10.0)) == 96
    with pytest.raises(UpstreamDownError):
        World({"marginalpdbc_20260504.1": [page] * 3}).feed.fetch(madrid_day(DAY), patience=10.0)


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2026, 5, 6)])
def test_what_it_cannot_have_is_not_asked_for(day):
    world = World({})
    with pytest.raises(UpstreamEmptyError, match="outside"):
        world.feed.fetch(madrid_day(day), patience=10.0)
    assert world.asked == []


def test_reach_ends_with_tomorrow():
    world = World({})
    assert world.feed.reach(world.clock.now()).end == madrid_midnight(date(2026, 5, 6))


# ---------------------------------------------------------------------- recorded bodies
@recorded
@pytest.mark.parametrize(
    ("day", "count", "minutes"),
    [("20250930", 24, 60), ("20251001", 96, 15), ("20251026", 100, 15), ("20260329", 92, 15)],
)
def test_recorded_files(day, count, minutes):
    asked = date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
    found = parse_marginal((PAYLOADS / f"marginalpdbc_{day}.1").read_bytes(), asked, RECEIVED)
    assert [o.start for o in found] == list(slots(madrid_day(asked), Resolution(minutes)))
    assert len(found) == count
    assert {o.resolution_minutes for o in found} == {minutes}


@recorded
def test_spain_is_the_lower_where_the_recorded_prices_part():
    found = parse_marginal((PAYLOADS / "marginalpdbc_20251001.1").read_bytes(), date(2025, 10, 1), RECEIVED)
    assert (found[39].value, found[72].value) == (60.0, 59.07)
    assert len([o for o in found if o.value < 0]) == 0


@recorded
def test_recorded_prices_below_zero_come_through():
    found = parse_marginal((PAYLOADS / "marginalpdbc_20260329.1").read_bytes(), date(2026, 3, 29), RECEIVED)
    assert min(o.value for o in found) < -5
