"""``schedule`` as a terminal and a program read it, with no service running."""

from __future__ import annotations

import pytest
from cli_runs import command_line

from chocolate_factory.scheduler.jobs import TIMETABLE

pytestmark = pytest.mark.slow


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    return command_line(tmp_path, monkeypatch, capsys)


def test_the_timetable_is_listed_before_anything_has_run(cli):
    jobs = cli("schedule", "list", "--json").json["jobs"]
    assert [job["id"] for job in jobs] == [spec.id for spec in TIMETABLE]
    assert {job["last_outcome"] for job in jobs} == {None}
    told = cli("schedule", "list").out
    assert all(spec.id in told for spec in TIMETABLE)
    assert told.count("never ran") == len(TIMETABLE)


def test_a_job_runs_here_and_its_run_is_kept(cli):
    done = cli("schedule", "run", "token_management", "--json")
    assert (done.code, done.json["outcome"], done.json["note"]) == (0, "done", "asked for")
    (run,) = cli("schedule", "runs", "token_management", "--json").json["runs"]
    assert (run["job"], run["outcome"], run["counts"]) == ("token_management", "done", {"keys": 2.0, "valid": 0.0})
    assert "keys 2, valid 0; asked for" in cli("schedule", "runs").out


def test_one_that_fails_ends_with_1_and_says_why(cli):
    failed = cli("schedule", "run", "ree_ingestion")
    assert failed.code == 1
    assert "ree" in failed.err


def test_a_pause_is_kept_until_it_is_resumed(cli):
    assert "is held back" in cli("schedule", "pause", "ml_training").out
    jobs = {job["id"]: job["paused"] for job in cli("schedule", "list", "--json").json["jobs"]}
    assert [name for name, paused in jobs.items() if paused] == ["ml_training"]
    assert "paused" in cli("schedule", "list").out
    assert cli("schedule", "resume", "ml_training", "--json").json == {"job": "ml_training", "paused": False}
    assert not any(job["paused"] for job in cli("schedule", "list", "--json").json["jobs"])


@pytest.mark.parametrize("deed", ["run", "pause", "resume", "runs"])
def test_a_job_that_is_not_there_is_a_wrong_usage_that_names_the_others(cli, deed):
    told = cli("schedule", deed, "coffee")
    assert told.code == 2
    assert "one of ree_ingestion" in told.err
