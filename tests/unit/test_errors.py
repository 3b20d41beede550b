"""Errors as facts: every one crosses the border of a process and says the same on the other side."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from datetime import UTC, datetime

import pytest

import chocolate_factory
from chocolate_factory.adapters.http.reply import SettledError
from chocolate_factory.domain import errors
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError
from chocolate_factory.domain.metering import LineError
from chocolate_factory.domain.plant_checks import PlantError

MADE = [
    ChocolateFactoryError("it went wrong."),
    errors.InputError("kg", -3, "at least 0"),
    errors.NotFoundError("product", "nougat", "one of dark, milk, white"),
    errors.SettingsError(["API_PORT: a number", "LOG_LEVEL: one of …"]),
    errors.ForbiddenError("not from there."),
    errors.BusyError("it is under way."),
    errors.NotYetError("no plan yet."),
    errors.OverTimeError("do was stopped at its limit of 240 s."),
    errors.StoppedError("the service stops."),
    errors.StoreError("no room on the disk."),
    errors.WrongWorldError("simulated data."),
    errors.UnreadableError("another version."),
    errors.StoreAwayError("InfluxDB does not answer."),
    errors.RegistryAwayError("MLflow does not answer."),
    errors.UpstreamError("ree", "silence"),
    errors.UpstreamDownError("ree", "too many requests", datetime(2026, 6, 1, 12, tzinfo=UTC)),
    errors.UpstreamRefusedError("aemet", "it refuses the key (401)"),
    errors.UpstreamEmptyError("omie", "nothing yet"),
    errors.UpstreamLiedError("ree", "a page instead of JSON"),
    SettledError("ree", "a page instead of JSON"),
    LineError("kwh", "12,5 kW", "a power, no energy", "kWh of the slot"),
    PlantError([InputError("line.setup_h", -1, "from 0 to 168 h"), InputError("name", 3, "text")], "my.yaml"),
]


def _tree(kind: type[ChocolateFactoryError]) -> set[type[ChocolateFactoryError]]:
    return {kind}.union(*(_tree(child) for child in kind.__subclasses__()))


def test_every_error_of_the_tree_is_tried_here():
    for module in pkgutil.walk_packages(chocolate_factory.__path__, "chocolate_factory."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = {kind for kind in _tree(ChocolateFactoryError) if kind.__module__.startswith("chocolate_factory.")}
    assert {type(error) for error in MADE} == ours


@pytest.mark.parametrize("through", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"])
@pytest.mark.parametrize("error", MADE, ids=lambda e: type(e).__name__)
def test_an_error_arrives_with_its_class_its_sentence_and_its_facts(error, through):
    arrived = through(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert {k: str(v) for k, v in vars(arrived).items()} == {k: str(v) for k, v in vars(error).items()}


def test_what_was_added_on_the_way_arrives_too():
    error = InputError("kg", -3, "at least 0")
    error.add_note("in row 7")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["in row 7"]
