"""``train`` and ``models`` as a terminal and a program read them, and with which code each ends."""

from __future__ import annotations

import pytest
from cli_runs import command_line
from model_makers import SPAN
from model_school import BETTER, WORSE, School
from web_house import NOON, StillClock

from chocolate_factory.adapters.memory_registry import MemoryRegistry
from chocolate_factory.cli import terminal
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.forecasting.enough import FEWEST_IN_ALL
from chocolate_factory.wiring import build

pytestmark = pytest.mark.slow
NAME = ModelName.SPOT_PRICE
ALIASES = ("champion", "challenger", "previous")


class Desk:
    """Commands one after another, each in a house of its own; the registry outlives them."""

    def __init__(self, call) -> None:
        self.registry = MemoryRegistry(StillClock())
        self.lessons: dict[ModelName, tuple] = {}
        self._call = call

    def build(self, found):
        house = build(found, clock=StillClock())
        school = School(house, self.registry)
        for name, lesson in self.lessons.items():
            school.teaches(name, *lesson)
        return house

    def __call__(self, *words, code: int = 0):
        ended = self._call(*words)
        assert ended.code == code, ended
        return ended


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    found = Desk(command_line(tmp_path, monkeypatch, capsys))
    monkeypatch.setattr(terminal, "build", found.build)
    return found


@pytest.fixture
def trained(desk):
    """Version 2 is champion and 1, the baseline, was; version 3 challenges."""
    for lesson in ((b"better", BETTER), (b"worse", WORSE)):
        desk.lessons[NAME] = lesson
        desk("train", "--model", NAME)
    return desk


# ---------------------------------------------------------------------------------------------------------------- train
def test_a_training_says_what_came_of_it(desk):
    desk.lessons[NAME] = (b"better", BETTER)
    told = desk("train", "--model", NAME)
    assert told.out.startswith("spot_price: version 2 (blend) is champion. ")
    assert told.err == ""
    desk.lessons[NAME] = (b"worse", WORSE)
    assert desk("train", "--model", NAME).out.startswith("spot_price: version 3 (blend) challenges. ")


def test_a_training_as_json_is_the_model_and_nothing_else(desk):
    desk.lessons[NAME] = (b"better", BETTER)
    [model] = desk("train", "--model", NAME, "--json").json["models"]
    assert (model["name"], model["champion"]["version"], model["challenger"]) == (NAME, 2, None)
    assert [event["deed"] for event in model["events"]] == ["promoted", "trained"]
    assert model["champion"]["made_at"] == "2026-03-10T13:00:00+01:00", "ISO 8601 with Madrid's offset, as in the API"
    assert model["events"][0]["at"] == isoformat_madrid(NOON)


def test_all_models_are_trained_where_none_is_named(desk):
    desk.lessons = {name: (name.encode(), BETTER) for name in ModelName}
    told = desk("train")
    assert [line.partition(":")[0] for line in told.out.splitlines() if "champion" in line] == list(ModelName)


def test_one_that_cannot_be_learnt_is_told_and_the_others_go_on(desk):
    desk.lessons = {name: (name.encode(), BETTER) for name in ModelName}
    desk.lessons[ModelName.PVPC_PRICE] = (b"", None, "12 more days are needed")
    told = desk("train")
    assert "pvpc_price: not trained: 12 more days are needed" in told.out
    assert "pvpc_price: 12 more days are needed" in told.err
    assert "energy_optimization: version 2" in told.out


def test_nothing_learnt_is_a_failure_with_the_reason(desk):
    desk.lessons[NAME] = (b"", None, "12 more days are needed")
    for more in ((), ("--json",)):
        told = desk("train", "--model", NAME, *more, code=1)
        assert told.out == ""
        assert "spot_price: 12 more days are needed" in told.err


def test_a_registry_that_is_away_is_a_failure_in_its_words(trained):
    with trained.registry.while_away():
        told = trained("train", "--model", NAME, code=1)
        assert "in memory is away" in told.err
        assert trained("models", "show", NAME, "--json").json["champion"]["version"] == 2, "the shelf still tells"


# ---------------------------------------------------------------------------------------------------------- list, show
def test_before_the_first_training_there_is_no_number(desk):
    documents = desk("models", "list", "--json").json["models"]
    assert [document["name"] for document in documents] == list(ModelName)
    assert all(document[alias] is None for document in documents for alias in ALIASES)
    assert documents[0]["waiting_for"].startswith(f"{FEWEST_IN_ALL} more days of spot")
    table = desk("models", "list").out
    assert table.count("none yet") == len(ModelName)
    told = desk("models", "show", NAME).out
    assert told == f"No version yet. {documents[0]['waiting_for']}\n"
    assert documents[0]["waiting_for"] in table


def test_who_serves_is_listed_with_its_figures(trained):
    line = next(line for line in trained("models", "list").out.splitlines() if "spot_price" in line)
    assert [part for part in ("version 2", "blend", "version 3", "mae_eur_mwh 14.5") if part not in line] == []


def test_a_model_is_shown_with_its_scores_its_baselines_and_its_life(trained):
    told = trained("models", "show", NAME).out
    for heading in ("champion: version 2, blend", "challenger: version 3, blend", "previous: version 1, naive"):
        assert heading in told
    scores = next(line for line in told.splitlines() if "mae_eur_mwh" in line)
    assert "14.5" in scores
    assert "20" in scores
    assert told.count("trained") >= 2
    shown = trained("models", "show", NAME, "--json").json
    listed = trained("models", "list", "--json").json["models"]
    assert shown == next(model for model in listed if model["name"] == NAME)


# --------------------------------------------------------------------------------------------------- promote, roll back
def test_a_champion_is_chosen_by_hand_and_taken_back(trained):
    assert trained("models", "promote", NAME, 3).out == "spot_price: version 3 (blend) serves from now on.\n"
    back = trained("models", "rollback", NAME, "--json").json
    assert (back["version"], back["aliases"]) == (2, ["champion"])
    assert back["judged_on"]["end"] == isoformat_madrid(SPAN.end)
    events = trained("models", "show", NAME, "--json").json["events"]
    assert [(e["deed"], e["version"], e["why"]) for e in events[:2]] == [
        ("rolled back", 2, "asked for by the command line"),
        ("promoted", 3, "asked for by the command line"),
    ]


def test_a_registry_that_is_away_promotes_nothing(trained):
    with trained.registry.while_away():
        assert "away" in trained("models", "promote", NAME, 1, code=1).err
        assert "away" in trained("models", "rollback", NAME, code=1).err
    assert trained("models", "show", NAME, "--json").json["champion"]["version"] == 2


# -------------------------------------------------------------------------------------------------------- wrong usage
@pytest.mark.parametrize(
    "words",
    [("train", "--model", "weather"), ("models", "show", "weather"), ("models", "promote", "weather", 1),
     ("models", "rollback", "weather")],
)  # fmt: skip
def test_an_unknown_model_is_wrong_usage_and_told_which_there_are(desk, words):
    told = desk(*words, code=2)
    assert told.out == ""
    assert all(name in told.err for name in ("weather", *ModelName))


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_what_is_no_number_of_a_version_is_wrong_usage(desk, number):
    desk("models", "promote", NAME, number, code=2)


def test_a_version_that_is_not_there_is_told_which_are(trained):
    assert "3, 2, 1" in trained("models", "promote", NAME, 9, code=2).err


def test_what_was_never_replaced_cannot_be_rolled_back(desk):
    assert "never was" in desk("models", "rollback", NAME, code=2).err


# ------------------------------------------------------------------------------------------------------------- stranger
@pytest.mark.parametrize("words", [("train",), ("models",), ("models", "list"), ("models", "show"),
                                   ("models", "promote"), ("models", "rollback")])  # fmt: skip
def test_each_command_tells_a_stranger_what_it_is_for(desk, words):
    told = desk(*words, "--help").out
    assert "Usage" in told
    assert words == ("models",) or "Example: chocolate-factory " + " ".join(words) in told
