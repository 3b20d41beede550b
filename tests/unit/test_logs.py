"""Logs: one line each, JSON or text, and no secret in either."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import structlog
from pydantic import SecretStr

from chocolate_factory.logs import configure, redact

FORMATS = pytest.mark.parametrize("format_", ["json", "text"])
SECRET = SecretStr("hunter2")


@pytest.fixture(autouse=True)
def as_it_was():
    """Logging is the whole process's: give it back as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "apscheduler", "uvicorn.access")}
    was = structlog.get_config()
    yield
    structlog.reset_defaults()
    structlog.configure(**was)
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


@pytest.fixture
def said(capsys):
    """What was logged since, line by line."""

    def lines() -> list[str]:
        captured = capsys.readouterr()
        assert captured.out == "", "standard output is for what was asked for"
        return captured.err.splitlines()

    return lines


def new_log():
    return structlog.get_logger("test")


# ---------------------------------------------------------------------- the two forms
def test_json_is_one_object_for_each_event(said):
    configure("info", "json")
    new_log().info("upstream is back", upstream="ree", tries=3, note="año\nnuevo")
    new_log().warning("again")
    first, second = (json.loads(line) for line in said())
    assert first["event"] == "upstream is back"
    assert (first["level"], first["upstream"], first["tries"], first["note"]) == ("info", "ree", 3, "año\nnuevo")
    assert first["timestamp"].endswith("Z")
    assert second["level"] == "warning"


def test_text_is_for_a_person(said):
    configure("info", "text")
    new_log().info("upstream is back", upstream="ree")
    (line,) = said()
    assert "upstream is back" in line
    assert "ree" in line
    assert not line.startswith("{")


@pytest.mark.parametrize(("tty", "is_json"), [(True, False), (False, True)])
def test_auto_is_text_on_a_terminal_and_json_elsewhere(said, monkeypatch, tty, is_json):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: tty, raising=False)
    configure("info", "auto")
    new_log().info("hello")
    assert said()[0].startswith("{") is is_json


@pytest.mark.parametrize(
    ("level", "heard"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("warning", ["w", "e"]), ("error", ["e"])],
)
def test_what_is_below_the_level_is_not_said(said, level, heard):
    configure(level, "json")
    log, library = new_log(), logging.getLogger("some.library")
    for speaker in (log, library):
        speaker.debug("d")
        speaker.info("i")
        speaker.warning("w")
        speaker.error("e")
    assert [json.loads(line)["event"] for line in said()] == heard + heard


@FORMATS
def test_what_libraries_log_takes_the_same_form(said, format_):
    configure("info", format_)
    logging.getLogger("apscheduler.executors").error("Job %s raised", "tick")
    (line,) = said()
    assert "Job tick raised" in line
    if format_ == "json":
        assert json.loads(line)["level"] == "error"


def test_a_tick_that_waits_is_not_told_of_once_a_second(said):
    configure("info", "json")
    logging.getLogger("apscheduler.scheduler").warning("Execution of job %s skipped", "tick")
    assert said() == []


@FORMATS
def test_being_set_up_twice_says_nothing_twice(said, format_):
    configure("info", format_)
    configure("info", format_)
    new_log().info("once")
    logging.getLogger("lib").warning("once")
    assert sum("once" in line for line in said()) == 2


@FORMATS
def test_what_is_bound_to_a_run_stands_in_each_of_its_lines(said, format_):
    configure("info", format_)
    with structlog.contextvars.bound_contextvars(job="ree_ingestion"):
        new_log().info("values kept out")
        logging.getLogger("lib").warning("hm")
    new_log().info("after")
    assert [("ree_ingestion" in line) for line in said()] == [True, True, False]


def test_what_json_does_not_know_is_written_as_text(said):
    configure("info", "json")
    new_log().info("x", path=sys, kind={1, 2})
    assert "module 'sys'" in json.loads(said()[0])["path"]


# ---------------------------------------------------------------------- secrets
def test_a_secret_becomes_stars():
    assert redact(None, "info", {"event": "x", "key": SECRET, "n": 1}) == {"event": "x", "key": "**********", "n": 1}


@FORMATS
def test_a_secret_is_shown_nowhere_in_a_line(said, format_):
    configure("info", format_)
    new_log().info("asked", key=SECRET, deep={"keys": [SECRET, (SECRET,)]}, words=f"with {SECRET}")
    new_log().bind(key=SECRET).warning("bound")
    logging.getLogger("lib").warning("key %s, %r", SECRET, SECRET)
    with structlog.contextvars.bound_contextvars(token=SECRET):
        logging.getLogger("lib").warning("in a context")
    text = "\n".join(said())
    assert "hunter2" not in text
    assert text.count("*****") >= 6


@FORMATS
def test_a_traceback_shows_the_way_and_no_variables(said, format_):
    """Rich would print every frame's variables, and a key is a plain word where it is used."""
    configure("info", format_)

    def asks() -> None:
        api_key = "hun" + "ter2"
        raise ValueError(f"refused a key of {len(api_key)} characters")

    for speaker in (new_log(), logging.getLogger("lib")):
        try:
            asks()
        except ValueError:
            speaker.exception("it broke")
    text = "\n".join(said())
    assert "hunter2" not in text
    assert text.count("refused a key of 7 characters") >= 2
    assert text.count("in asks") >= 2, "where it happened"


@FORMATS
def test_addresses_with_keys_in_them_are_not_logged_by_the_client(said, format_):
    configure("debug", format_)
    logging.getLogger("httpx").info("HTTP Request: GET https://api/?appid=hunter2")
    logging.getLogger("httpcore.http11").debug("send_request_headers.started request=<appid=hunter2>")
    logging.getLogger("uvicorn.access").info("GET /?token=hunter2")
    assert said() == []
