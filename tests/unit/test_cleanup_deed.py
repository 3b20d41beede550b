"""The job weekly_cleanup: in either world, failed where a step fails, stopped where the service stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from web_house import NOON, demo_house, plant, real_house

from chocolate_factory.adapters.backups import tried
from chocolate_factory.domain.errors import StoppedError
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.cleanup_deeds import weekly_cleanup
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.spec import Context

QUIET = Context("", None, lambda: False)


def test_it_stands_in_the_timetable_with_an_hour_to_do_it():
    (spec,) = (spec for spec in TIMETABLE if spec.id == "weekly_cleanup")
    assert (spec.deed, spec.limit_s, spec.at_start) == (weekly_cleanup, 3600, False)


def test_the_demo_is_cleaned_and_backed_up_like_the_real_world(tmp_path):
    house = demo_house(tmp_path / "demo", days=1)
    house.clock.moment = NOON + 100 * DAY
    result = weekly_cleanup(house, QUIET)
    assert (result.outcome, result.error) == (Outcome.DONE, "")
    assert result.counts["five_minute_rows_dropped"] > 200
    assert result.counts["hourly_means"] == 1, "the demo has every hour but the one that was under way"
    [archive] = house.backups.folder.iterdir()
    with tried(archive, "simulated", tmp_path) as trial:
        assert list(trial.store.everything()) == list(house.store.everything())
    house.close()


def test_the_demos_lost_hour_is_simulated_too(tmp_path):
    house = demo_house(tmp_path / "demo", days=1)
    day = Interval(NOON - DAY, NOON)
    house.store.forget("demand", frozenset(Kind), NOON)
    house.clock.moment = NOON + 100 * DAY
    assert weekly_cleanup(house, QUIET).counts["hourly_means"] > 20
    assert {o.kind for o in house.store.read(Query("demand", day))} == {Kind.SIMULATED}
    house.close()


def test_where_a_step_fails_the_run_has_failed_and_says_which(tmp_path, monkeypatch):
    house = real_house(tmp_path, monkeypatch)
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree")
    house.backups.folder.touch()  # a file where the folder should be
    result = weekly_cleanup(house, QUIET)
    assert result.outcome is Outcome.FAILED
    assert result.error.startswith("backup: ")
    assert result.counts["ledger_rows_dropped"] == 0
    assert [alert.cause for alert in house.alerts.alerts()] == ["backup-failed"]
    house.backups.folder.unlink()
    assert weekly_cleanup(house, QUIET).outcome is Outcome.DONE
    assert [alert.state.value for alert in house.alerts.alerts()] == ["closed"]
    house.close()


def test_a_service_that_stops_ends_it_between_two_steps(tmp_path, monkeypatch):
    house = real_house(tmp_path, monkeypatch)
    asked = iter(range(100))
    with pytest.raises(StoppedError):
        weekly_cleanup(house, Context("", None, lambda: next(asked) > 5))
    assert house.alerts.alerts() == []
    house.clock.moment = NOON + timedelta(minutes=1)
    assert weekly_cleanup(house, QUIET).outcome is Outcome.DONE
    house.close()
