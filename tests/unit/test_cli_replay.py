"""``replay``: a past decision made again on the command line, or from its bundle where there is nothing else."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from datetime import timedelta

import pytest
from cli_runs import command_line
from plan_records import in_process
from web_house import NOON, StillClock, demo_house

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.plant_file import default_text
from chocolate_factory.adapters.stream_keys import us
from chocolate_factory.cli import terminal
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, isoformat_madrid, parse_moment
from chocolate_factory.settings import SECRETS, read_settings
from chocolate_factory.wiring import build

ASKED = isoformat_madrid(NOON)
#: Three in the afternoon, of which the price was known at noon.
THREE = parse_moment("2026-06-17T15:00", "text")
#: What must never be in a bundle, by the setting that holds it.
SECRET = {name: f"ntfys://geheim-{i}-7f3a9c1e5b" for i, name in enumerate(SECRETS)}


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A simulated one with a decision at noon and one half an hour later; each test has a copy."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Child, "call", in_process)
        house = demo_house(folder, days=9)
        house.optimise("first")
        house.clock.moment = NOON + timedelta(minutes=30)
        house.optimise("schedule")
        house.close()
    return folder


@pytest.fixture
def cli(installation, tmp_path, monkeypatch, capsys):
    """Its commands, an hour after noon."""
    monkeypatch.setattr(Child, "call", in_process)
    shutil.copytree(installation, tmp_path / "data")
    call = command_line(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("UI_LANGUAGE", "en")
    found = read_settings({"DATA_DIR": str(tmp_path / "data"), "UI_LANGUAGE": "en", **SECRET}, tmp_path / "no.env")
    monkeypatch.setattr(terminal, "build", lambda _: build(found, demo=True, clock=StillClock(NOON + HOUR)))
    return call


@pytest.fixture
def house(cli):
    """What the commands open, to look into and to tamper with."""
    opened = terminal.build(None)
    yield opened
    opened.close()


@pytest.fixture
def bundle(cli, tmp_path):
    assert cli("replay", "--at", ASKED, "--bundle", tmp_path / "decision.zip").code == 0
    return tmp_path / "decision.zip"


def drop(tmp_path, series: str, hour) -> None:
    """A slot of the store is gone, as no command would have it."""
    with closing(sqlite3.connect(tmp_path / "data" / "timeseries.db")) as c, c:
        streams = "stream IN (SELECT id FROM stream WHERE series = ?)"
        gone = c.execute(f"DELETE FROM observation WHERE start = ? AND {streams}", (us(hour), series)).rowcount
    assert gone


def elsewhere(cli, monkeypatch, *words):
    """On a machine that has neither store nor ledger."""

    def none(_):
        raise AssertionError("a bundle needs no house")

    monkeypatch.setattr(terminal, "build", none)
    return cli("replay", *words)


# ----------------------------------------------------------------------------------------------------------- identical
@pytest.mark.parametrize(
    ("language", "words"), [("en", "Identical: same inputs"), ("es", "Idéntico: las mismas entradas")]
)
def test_a_decision_is_made_again_and_is_identical(cli, monkeypatch, language, words, tmp_path):
    found = read_settings({"DATA_DIR": str(tmp_path / "data"), "UI_LANGUAGE": language}, tmp_path / "no.env")
    monkeypatch.setattr(terminal, "build", lambda _: build(found, demo=True, clock=StillClock(NOON + HOUR)))
    ended = cli("replay", "--at", ASKED)
    assert ended.code == 0, ended.err
    assert words in ended.out
    assert ASKED in ended.out


def test_the_moment_says_which(cli):
    plans = cli("plan", "history", "--json").json["plans"]
    later, first = (line["id"] for line in plans)
    for asked, told in ((NOON, first), (NOON + timedelta(minutes=29), first), (NOON + HOUR, later)):
        found = cli("replay", "--at", isoformat_madrid(asked), "--json").json
        assert (found["plan"]["id"], found["verdict"], found["identical"]) == (told, "identical", True)
        assert found["at"] == isoformat_madrid(asked)
    assert cli("replay", "--plan", later, "--json").json["plan"]["id"] == later


def test_the_json_tells_both_comparisons(cli):
    found = cli("replay", "--at", ASKED, "--json").json
    assert found["inputs"]["identical"] is found["plan_again"]["identical"] is True
    assert found["inputs"]["observations"] > 400
    assert found["inputs"]["differences"] == found["plan_again"]["differences"] == found["inputs"]["lacking"] == []
    assert found["plan_again"]["then"] == found["plan_again"]["now"]
    assert found["program"]["then"] == found["program"]["now"]
    assert {"scipy", "numpy", "python", "code", "version"} <= set(found["program"]["now"])


# -------------------------------------------------------------------------------------------------------------- differs
def test_what_differs_is_told_slot_by_slot_and_ends_with_1(cli, tmp_path):
    drop(tmp_path, "spot", THREE)
    ended = cli("replay", "--at", ASKED)
    assert ended.code == 1
    assert "all-in price, EUR/kWh" in ended.out
    assert "the store holds nothing of what was known then any more" in ended.out
    assert "made again, identical" in ended.out, "the plan follows from the inputs that were kept"
    assert "It is not identical." in ended.out
    document = cli("replay", "--at", ASKED, "--json")
    assert document.code == 1
    assert document.json["verdict"] == "differs"
    (first, *_) = document.json["inputs"]["differences"]
    assert first["why"] == "gone"
    assert first["path"][:2] == ["problem", "slots"]
    assert document.json["from_inputs_found"]["batches"] > 0


def test_what_cannot_be_rebuilt_is_told_with_its_reason_and_ends_with_1(cli, house):
    house.store.forget("spot", frozenset(Kind), NOON + timedelta(days=3))
    ended = cli("replay", "--at", ASKED)
    assert ended.code == 1
    assert "too little for any plan" in ended.out
    assert "cannot be rebuilt as a whole" in ended.out
    assert cli("replay", "--at", ASKED, "--json").json["verdict"] == "cannot be rebuilt"


def test_a_plants_file_that_was_changed_since_is_told_and_changes_nothing(cli, house, tmp_path, monkeypatch):
    plant = tmp_path / "plant.yaml"
    plant.write_text(default_text().replace("supplier_fee_eur_mwh: 8", "supplier_fee_eur_mwh: 9"))
    found = read_settings(
        {"DATA_DIR": str(tmp_path / "data"), "UI_LANGUAGE": "en", "PLANT_FILE": str(plant)}, tmp_path / "no.env"
    )
    monkeypatch.setattr(terminal, "build", lambda _: build(found, demo=True, clock=StillClock(NOON + HOUR)))
    ended = cli("replay", "--at", ASKED)
    assert ended.code == 0
    assert "The plant's file says otherwise today in 1 places" in ended.out


# ---------------------------------------------------------------------------------------------------------------- files
def test_a_bundle_is_made_again_anywhere(cli, bundle, monkeypatch):
    ended = elsewhere(cli, monkeypatch, bundle)
    assert ended.code == 0, ended.err
    assert "Identical" in ended.out
    assert elsewhere(cli, monkeypatch, bundle, "--json").json["inputs"]["identical"] is True


def test_a_bundle_of_a_decision_that_differs_says_elsewhere_why(cli, tmp_path, monkeypatch):
    drop(tmp_path, "spot", THREE)
    here = cli("replay", "--at", ASKED, "--bundle", tmp_path / "b.zip", "--json")
    there = elsewhere(cli, monkeypatch, tmp_path / "b.zip", "--json")
    assert (here.code, there.code) == (1, 1)
    assert there.json["inputs"] == here.json["inputs"]


def test_no_secret_is_in_a_bundle_nor_where_this_machine_keeps_things(cli, bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        said = b"\n".join(archive.read(name) for name in archive.namelist()) + repr(archive.infolist()).encode()
    assert len(SECRET) >= 4
    for secret in (*SECRET.values(), str(tmp_path), "geheim"):
        assert secret.encode() not in said
    assert b"DATA_DIR" not in said


@pytest.mark.parametrize(
    ("content", "why"), [(b"what a mail program made of it", "no bundle of a decision"), (b"", "no bundle")]
)
def test_a_foreign_file_is_an_error_with_its_name(cli, tmp_path, content, why):
    (tmp_path / "attached.zip").write_bytes(content)
    ended = cli("replay", tmp_path / "attached.zip")
    assert (ended.code, ended.out) == (1, "")
    assert "attached.zip" in ended.err
    assert why in ended.err


def test_a_backup_is_no_bundle(cli, tmp_path):
    assert cli("backup", tmp_path / "backup.zip").code == 0
    ended = cli("replay", tmp_path / "backup.zip")
    assert ended.code == 1
    assert "--bundle FILE` writes one" in ended.err


# ---------------------------------------------------------------------------------------------------------------- usage
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--at", ASKED, "--plan", "0123456789ab"),
        ("--at", "the day before yesterday"),
        ("--at", isoformat_madrid(NOON + 2 * HOUR)),
        ("--at", "2020-01-01T00:00"),
        ("--plan", "0123456789ab"),
        ("missing.zip",),
    ],
)
def test_wrong_usage_ends_with_2(cli, words):
    ended = cli("replay", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


def test_a_bundle_is_not_written_from_a_bundle(cli, bundle, tmp_path):
    ended = cli("replay", bundle, "--bundle", tmp_path / "again.zip")
    assert ended.code == 2
    assert not (tmp_path / "again.zip").exists()


def test_where_the_bundle_cannot_be_written_it_is_said(cli, tmp_path):
    ended = cli("replay", "--at", ASKED, "--bundle", tmp_path / "no folder" / "b.zip")
    assert ended.code == 1
    assert "b.zip" in ended.err


def test_its_json_is_json(cli):
    json.dumps(cli("replay", "--at", ASKED, "--json").json, allow_nan=False)
