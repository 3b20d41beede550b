"""Every part looked at: what is down and since when; alerts raised once, counted, closed by themselves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from watch_world import NOW, Watched, health

from chocolate_factory.domain.errors import StoreAwayError, StoreError
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Check, Outcome, Severity
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.watch import DEGRADED, DOWN, OK, UNKNOWN
from chocolate_factory.usecases.watch.parts import TOLD_ELSEWHERE, look_at_parts
from chocolate_factory.wiring import build

GIB = 2**30


@pytest.fixture
def plant(tmp_path):
    plant = Watched(tmp_path)
    yield plant
    plant.close()


def part(plant, name: str) -> Check:
    return next(check for check in plant.watch.checks() if check.name == name)


# ---------------------------------------------------------------------- parts
def test_all_is_well(plant):
    plant.upstreams = [health("ree", True, NOW), health("omie", None)]
    plant.others = [Check("models", OK, "4 of 4 models serve")]
    checks = plant.watch.checks()
    assert [(c.name, c.status) for c in checks] == [
        ("store", OK),
        ("ledger", OK),
        ("disk", OK),
        ("plant file", OK),
        ("tariff tables", OK),
        ("health check", UNKNOWN),
        ("models", OK),
        ("upstream:ree", OK),
        ("upstream:omie", UNKNOWN),
    ]
    assert plant.watch.status(checks) == OK
    assert all(c.detail for c in checks)
    assert plant.look() == set()


def test_an_upstream_that_is_down_is_named_with_since_when_and_degrades(plant):
    since = NOW - 2 * HOUR
    plant.upstreams = [health("ree", False, since, "no answer in time"), health("omie", True, NOW)]
    checks = plant.watch.checks()
    assert Check("upstream:ree", DOWN, "no answer in time", since) in checks
    assert plant.watch.status(checks) == DEGRADED


def fails(*_args, **_options):
    raise StoreError("the disk is gone")


def test_a_store_that_fails_is_down_and_so_is_everything(plant):
    plant.store.last = fails
    checks = plant.watch.checks()
    assert checks[0] == Check("store", DOWN, "the disk is gone")
    assert plant.watch.status(checks) == DOWN
    assert plant.look() == {"down:store"}


def test_a_ledger_that_fails_is_down_and_nothing_is_said_of_the_health_check(plant):
    plant.jobs.jobs = plant.jobs.last_run = fails
    assert part(plant, "ledger") == Check("ledger", DOWN, "the disk is gone")
    assert "health check" not in {check.name for check in plant.watch.checks()}


@pytest.mark.parametrize(("name", "cause"), [("store spool", "down:store spool"), ("models", None)])
def test_parts_of_whoever_builds_the_house_are_told_unless_they_tell_it_themselves(plant, name, cause):
    plant.others = [Check(name, DEGRADED, "12 wait")]
    assert plant.look() == ({cause} if cause else set())
    plant.others = [Check(name, OK, "nothing waits")]
    assert plant.look() == set()


def test_a_wrong_plant_file_is_told_until_it_is_mended(plant):
    source = plant.watch._parts.plant
    source.problem = "crew.shifts.0.end_h: 25 is not allowed."
    assert plant.look() == {"down:plant file"}
    assert "The plant before holds" in plant.told("down:plant file").message
    source.problem = ""
    assert plant.look() == set()


def test_whatever_part_of_a_real_house_is_not_well_has_an_alarm_or_is_told_elsewhere(tmp_path):
    real = build(Settings(data_dir=tmp_path, timeseries_url="influxdb://127.0.0.1:9/factory"))
    bad = [replace(check, status=DEGRADED) for check in real.watch.checks()]
    real.close()
    found = {trouble.cause for trouble in look_at_parts(bad).found}
    assert len(found) == len(bad) - len(TOLD_ELSEWHERE)
    assert {"down:store spool", "down:tariff tables", "down:upstream:aemet"} <= found


# ---------------------------------------------------------------------- the disk
def test_a_data_folder_that_is_gone_is_told(plant, tmp_path):
    tmp_path.rmdir()
    disk = part(plant, "disk")
    assert (disk.status, str(tmp_path) in disk.detail) == (DOWN, True)
    assert plant.look() == {"down:disk"}
    assert plant.told("down:disk").severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("free", "total", "severity"),
    [
        (0.48 * GIB, 8 * GIB, Severity.CRITICAL),
        (0.48 * GIB, 8000 * GIB, Severity.CRITICAL),
        (0.50 * GIB, 8 * GIB, None),  # small and mostly free
        (4.9 * GIB, 100 * GIB, Severity.WARNING),
        (5.1 * GIB, 100 * GIB, None),
        (19 * GIB, 2000 * GIB, Severity.WARNING),
        (30 * GIB, 2000 * GIB, None),  # 1.5 %, and more than the plant needs for many years
    ],
)
def test_a_disk_is_nearly_full_by_its_share_and_by_what_is_left(plant, monkeypatch, free, total, severity):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=free, total=total))
    disk = part(plant, "disk")
    assert disk.detail == f"{free / GIB:.1f} GiB left, {100 * free / total:.1f} %"
    assert (disk.status == DEGRADED) is (severity is not None)
    assert plant.look() == ({"down:disk"} if severity else set())
    assert [alert.severity for alert in plant.alive()] == ([severity] if severity else [])


def test_a_disk_that_fills_up_grows_louder_and_is_one_alert(plant, monkeypatch):
    for free, severity in ((3, Severity.WARNING), (0.1, Severity.CRITICAL), (2, Severity.WARNING)):
        usage = SimpleNamespace(free=free * GIB, total=100 * GIB)
        monkeypatch.setattr("shutil.disk_usage", lambda _path, usage=usage: usage)
        plant.look()
        assert plant.told("down:disk").severity is severity
    assert plant.told("down:disk").times == 3
    monkeypatch.undo()
    assert plant.look() == set()


# ---------------------------------------------------------------------- alerts
def test_an_upstreams_trouble_is_an_alert_until_it_answers(plant):
    plant.upstreams = [health("ree", False, NOW, "no answer in time")]
    plant.look()
    plant.look()
    (alert,) = plant.alive()
    assert (alert.cause, alert.severity, alert.times) == ("down:upstream:ree", Severity.WARNING, 2)
    assert "no answer in time" in alert.message
    plant.upstreams = [health("ree", None)]
    assert plant.look() == {"down:upstream:ree"}, "after a restart nobody knows yet"
    plant.upstreams = [health("ree", True, NOW)]
    assert plant.look() == set()


def test_an_alert_that_another_look_has_raised_is_left_alone(plant):
    from chocolate_factory.domain.alarms.plans import PLAN_CONFLICT
    from chocolate_factory.usecases.tell import tell

    tell(plant.alerts, PLAN_CONFLICT.trouble("No plan fits: too much is asked."))
    assert plant.look() == {"plan.conflict"}


# ---------------------------------------------------------------------- a store that cannot say what it holds
@pytest.mark.parametrize("check", ["store", "store spool"])
def test_while_the_store_is_in_trouble_nothing_is_said_of_the_data(plant, check):
    plant.offered = frozenset({"demand"})
    plant.wake()
    told = plant.look()
    assert "series-late:demand" in told
    plant.fill_all()
    if check == "store":
        plant.store.last = fails
    else:
        plant.others = [Check(check, DEGRADED, "12 wait")]
    assert plant.look() == told | {f"down:{check}"}, "what was said stands"


def test_a_store_that_goes_away_in_the_middle_changes_nothing(plant, monkeypatch):
    plant.offered = frozenset({"demand"})
    plant.wake()
    told = plant.look()

    def away(*_):
        raise StoreAwayError("InfluxDB does not answer.")

    monkeypatch.setattr(plant.store, "starts", away)
    assert plant.look() == told


# ---------------------------------------------------------------------- who watches the watch
def test_health_shows_when_the_health_check_last_ran(plant):
    assert part(plant, "health check").status == UNKNOWN
    plant.ran("health_check", Outcome.DONE, minutes=44)
    assert part(plant, "health check") == Check("health check", OK, "last ran at 2026-11-20T09:20Z")
    plant.clock.sleep(120)
    silent = part(plant, "health check")
    assert (silent.status, silent.since) == (DEGRADED, NOW)
    assert "nobody looks for alarms" in silent.detail
    assert plant.watch.status(plant.watch.checks()) == DEGRADED
