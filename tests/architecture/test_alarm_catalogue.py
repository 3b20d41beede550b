"""The catalogue of alarms against the code: what is raised stands in it, and what stands in it is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chocolate_factory.domain import alarms
from chocolate_factory.domain.alarms import CATALOGUE
from chocolate_factory.domain.alarms.alarm import LONGEST_CAUSE

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "chocolate_factory"
ROOM = PACKAGE / "domain" / "alarms"
#: Raised by what is yet to be built: backups and their proof, notifications, several brains.
RESERVED: set[str] = set()


def code() -> Iterator[tuple[Path, ast.AST]]:
    """Every piece of the package's code, but of the catalogue itself."""
    for path in PACKAGE.rglob("*.py"):
        if ROOM not in path.parents:
            for node in ast.walk(ast.parse(path.read_text())):
                yield path, node


def constants() -> dict[str, str]:
    """The names that the catalogue's rooms give their alarms, with the pattern."""
    rooms = (alarms.parts, alarms.jobs, alarms.data, alarms.ends, alarms.plans)
    found = [(name, value) for room in rooms for name, value in vars(room).items()]
    return {name: value.pattern for name, value in found if isinstance(value, alarms.Alarm)}


def named(node: ast.AST) -> str | None:
    """``JOB_FAILED``, alone or behind its room."""
    return getattr(node, "attr", None) or getattr(node, "id", None)


def raised() -> set[str]:
    """Alarms whose troubles are made, as in ``JOB_FAILED.trouble(…)``, or that stand in a table they are taken from."""
    found: set[str | None] = set()
    for _, node in code():
        if isinstance(node, ast.Attribute) and node.attr == "trouble":
            found.add(named(node.value))
        if isinstance(node, ast.Dict):
            found |= {named(value) for value in node.values}
    return {name for name in found if name in constants()}


def test_every_room_is_in_the_catalogue_and_no_pattern_twice():
    assert sorted(constants().values()) == sorted(CATALOGUE)


def test_every_alarm_is_raised_somewhere_or_named_as_to_come():
    assert constants().keys() - raised() == RESERVED


def calls(name: str) -> set[str]:
    """The files that call a function of that name."""
    return {
        str(path.relative_to(PACKAGE))
        for path, node in code()
        if isinstance(node, ast.Call) and named(node.func) == name
    }


def test_an_alert_is_raised_in_one_place_from_an_alarm_alone():
    assert calls("raise_alert") == {"usecases/tell.py"}
    assert calls("Cause") == calls("Trouble") == calls("Alarm") == set()


@pytest.mark.parametrize("alarm", CATALOGUE.values(), ids=lambda a: a.pattern)
def test_an_alarm_says_all_that_a_reader_needs_in_both_languages(alarm):
    for text in (alarm.en.meaning, alarm.en.action, alarm.es.meaning, alarm.es.action):
        assert text.endswith((".", "?")), text
        assert "|" not in text
    assert alarm.en != alarm.es
    assert alarm.severities
    assert len(alarm.pattern) < LONGEST_CAUSE / 2
