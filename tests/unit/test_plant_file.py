from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime

import pytest
import structlog
import typer
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chocolate_factory.adapters.plant_file import (
    PlantSource,
    default_text,
    document_of,
    parse_plant,
    plant_of,
    plant_schema,
    read_plant,
)
from chocolate_factory.cli import plant as plant_commands
from chocolate_factory.domain.crew import Weekday
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant_checks import PlantError
from chocolate_factory.domain.tariff import Period, Tariff

app = typer.Typer()
plant_commands.add_to(app)
app.callback()(lambda: None)


def changed(*swaps: tuple[str, str]) -> str:
    text = default_text()
    for old, new in swaps:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def flaws_of(*swaps: tuple[str, str]) -> dict[str, tuple[str, str]]:
    with pytest.raises(PlantError) as caught:
        parse_plant(changed(*swaps))
    return {flaw.field: (flaw.value, flaw.allowed) for flaw in caught.value.flaws}


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["plant", *words])
    assert result.exit_code == code, result.output
    return result.stdout


# --------------------------------------------------------------------------------------------------------------- read
def test_the_packaged_plant_is_the_one_of_the_facts():
    plant = read_plant()
    assert [p.name for p in plant.products] == ["dark", "milk", "white"]
    assert {sum(p.conche_kw) for p in plant.products} == {131}
    assert plant.contract.tariff is Tariff.TD30
    assert plant.contract.contracted_kw == dict.fromkeys(Period, 150.0)
    assert sum(t.capacity_kg for t in plant.tanks) == 6000
    assert plant.demand.weekly[Weekday.MON] == {"dark": 2000.0}


def test_every_line_marked_as_an_estimate_is_in_the_list():
    """The comments of the packaged file and its `estimated` must not drift apart, at the top level at least."""
    listed = {path.partition(".")[0] for path in read_plant().estimated}
    tops = [line.partition(":")[0] for line in default_text().splitlines() if line[:1].isalpha() and "[E]" in line]
    assert len(tops) > 8
    assert set(tops) <= listed


def test_a_plant_survives_its_document_and_its_yaml():
    plant = read_plant()
    document = document_of(plant)
    assert plant_of(json.loads(json.dumps(document))) == plant
    assert parse_plant(yaml.safe_dump(document)) == plant


def test_orders_and_holidays_are_read_as_madrid_s(tmp_path):
    order = "orders: [{id: o1, product: milk, kg: 300, due: 2026-12-01 14:00:00}]"
    file = tmp_path / "plant.yaml"
    file.write_text(changed(("orders: []", order), ("  holidays: []", "  holidays: [2026-04-03]")), encoding="utf-8")
    plant = read_plant(file)
    assert plant.demand.orders[0].due == datetime(2026, 12, 1, 13, tzinfo=UTC)
    assert plant.crew.holidays == (date(2026, 4, 3),)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "plant.yaml"
    if content:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"plant\.yaml"):
        read_plant(file)


# ------------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("old", "new", "path", "value", "allowed"),
    [
        ("base_kw: 14", "base_kw: lots", "base_kw", "lots", "a number from 0 to 10000 kW"),
        ("base_kw: 14", 'base_kw: "14"', "base_kw", "14", "a number from 0 to 10000 kW"),
        ("base_kw: 14", "base_kw: -14", "base_kw", "-14", "a number from 0 to 10000 kW"),
        ("base_kw: 14 ", "# ", "base_kw", "nothing", "a number from 0 to 10000 kW"),
        ("  power_kw: 48\n", "\n", "line.power_kw", "nothing", "a number from 0 to 10000 kW"),
        ("count: 2,", "count: 2.5,", "conches.count", "2.5", "a number from 1 to 100, whole"),
        ("unattended: true", "unattended: yes", "conches.unattended", "yes", "true or false"),
        ("days: [mon", "days: [lun", "crew.shifts.early.days.0", "lun", "one of mon, tue"),
        ('"3.0TD"', '"3.1TD"', "contract.tariff", "3.1TD", "one of 2.0TD, 3.0TD, 6.1TD"),
        ("P6: 150", "P7: 150", "contract.contracted_kw.P7", "P7", "one of P1, P2"),
        ("name: white", "name: 7", "products.7.name", "7", "text"),
        ("{dark: 2000}", "{dark: many}", "demand.weekly.mon.dark", "many", "above 0"),
        ("conche_kw: [8, 10", "conche_kw: [8, ten", "products.dark.conche_kw.1", "ten", "kW"),
        ("  holidays: []", "  holidays: [2026-13-01]", "crew.holidays.0", "2026-13-01", "YYYY-MM-DD"),
        ("  orders: []", "  orders: {}", "demand.orders", "{}", "a list"),
        ("quality: {", "quality: [] # {", "quality", "[]", "reject_base, reject_per_k2, best_room_c"),
        ("version: 1", "version: 2", "version", "2", "only 1"),
    ],
)
def test_a_wrong_value_is_told_by_path_value_and_what_is_allowed(old, new, path, value, allowed):
    told = flaws_of((old, new))
    assert told[path][0] == value
    assert allowed in told[path][1]


@pytest.mark.parametrize(
    ("old", "new", "path", "meant"),
    [
        ("  power_kw: 48", "  powr_kw: 48", "line.powr_kw", "power_kw"),
        ("mtbf_h: 40", "mtbf: 40", "failures.mtbf", "mtbf_h"),
        ("chiller:", "chillers:", "chillers", "chiller"),
        ("melt_c: 45", "melts_c: 45", "products.dark.tempering.melts_c", "melt_c"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(old, new, path, meant):
    assert flaws_of((old, new))[path][1].endswith(f"did you mean {meant}")


def test_a_key_like_no_other_gets_the_list():
    assert "the keys here are rate_kg_h, power_kw" in flaws_of(("rate_kg_h: 500", "xyzzy: 1"))["refining.xyzzy"][1]


def test_all_flaws_come_at_once():
    assert {"base_kw", "conches.count", "line.powr_kw", "line.power_kw"} <= set(
        flaws_of(("base_kw: 14", "base_kw: x"), ("count: 2", "count: two"), ("  power_kw: 48", "  powr_kw: 48"))
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("line: [", "line 1"),
        ("a: 1\nb: 2\na: 3", "the key 'a' comes twice"),
        ("? [a, b]\n: 1", "a key must be a word"),
        ("a: &x [*x]", "contain themselves"),
        ("", "keys and values"),
        ("- 1", "keys and values"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
    ],
)
def test_what_is_no_plant_at_all_is_an_input_error(text, why):
    with pytest.raises(InputError, match=why):
        parse_plant(text, "f.yaml")


def test_yaml_s_traps_are_not_set():
    # in YAML 1.1 these are 1320 minutes, a switch, and eight
    told = flaws_of(("weekly_due_h: 22", "weekly_due_h: 22:00"), ("name: Linares, 2 t a day", "name: no"))
    assert set(told) == {"demand.weekly_due_h"}
    assert parse_plant(changed(("base_kw: 14", "base_kw: 010"))).base_kw == 10


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


DOCUMENT = document_of(read_plant())


def sections_told_of(document: object) -> set[str]:
    try:
        plant_of(document)
    except PlantError as e:
        return {flaw.field.partition(".")[0] for flaw in e.flaws}
    return set()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([name for name in DOCUMENT if name not in ("name", "estimated", "crew")]), PLAIN)
def test_whatever_stands_in_a_section_ends_in_an_error_that_names_it(section, junk):
    told = sections_told_of({**DOCUMENT, section: junk})
    assert section in told or (section in ("version", "base_kw") and isinstance(junk, int | float))


# ------------------------------------------------------------------------------------------------------------- schema
def test_the_schema_carries_units_bounds_and_refuses_other_keys():
    schema = plant_schema()
    line = schema["$defs"]["Line"]
    assert (
        line["properties"]["power_kw"].items()
        >= {"type": "number", "minimum": 0, "maximum": 10_000, "unit": "kW"}.items()
    )
    assert line["properties"]["rate_min_kg_h"]["exclusiveMinimum"] == 0
    assert line["additionalProperties"] is schema["additionalProperties"] is False
    assert schema["$defs"]["Product"]["properties"]["conche_kw"]["items"]["unit"] == "kW"
    minutes = schema["$defs"]["Changeover"]["properties"]["minutes"]
    assert minutes["additionalProperties"]["additionalProperties"]["unit"] == "min"
    assert set(schema["required"]) == set(document_of(read_plant()))


# ------------------------------------------------------------------------------------------------------- command line
def test_show_says_which_figures_are_estimates():
    assert "line.power_kw" in (told := run("show"))
    assert "figures are engineering estimates" in told
    only = run("show", "--estimated")
    assert "line.power_kw" in only
    assert "conche_hours" in only  # white's alone
    assert "products.dark.conche_hours" not in only
    document = json.loads(run("show", "--json"))
    assert "line.power_kw" in document["estimated_figures"]
    assert document["units"]["line.power_kw"] == "kW"
    assert plant_of(document["plant"]) == read_plant()


def test_check_ends_with_0_or_1_and_says_why(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(default_text(), encoding="utf-8")
    bad.write_text(changed(("heel_kg: 100", "heel_kg: 3000")), encoding="utf-8")
    assert "is sound" in run("check", str(good))
    assert json.loads(run("check", str(good), "--json"))["sound"] is True
    told = json.loads(run("check", str(bad), "--json", code=1))
    assert told["flaws"][0]["path"] == "tanks.tank-dark.heel_kg"
    run("check", str(bad), code=1)


def test_schema_is_the_schema():
    assert json.loads(run("schema")) == plant_schema()


# ---------------------------------------------------------------------- a file that changes
def test_a_changed_file_is_taken_up_and_a_wrong_one_is_told(tmp_path):
    structlog.reset_defaults()  # a command before may have left its logs on a terminal that is closed
    file = tmp_path / "plant.yaml"
    text = default_text()
    file.write_text(text.replace("name: Linares, 2 t a day", "name: first"))
    source = PlantSource(file)
    assert (source().name, source.problem) == ("first", "")
    for stamp, name in ((1, "second"), (2, "third")):
        file.write_text(text.replace("name: Linares, 2 t a day", f"name: {name}"))
        os.utime(file, ns=(stamp, stamp))
        assert source().name == name
    file.write_text(text.replace("base_kw: 14", "base_kw: -14"))
    os.utime(file, ns=(3, 3))
    assert source().name == "third", "the plant before holds"
    assert "base_kw" in source.problem
    file.unlink()
    assert source().name == "third"
    assert "plant.yaml" in source.problem
    file.write_text(text)
    assert (source().name, source.problem) == ("Linares, 2 t a day", "")


def test_a_file_that_is_wrong_from_the_start_stops_it(tmp_path):
    (tmp_path / "plant.yaml").write_text("version: 1")
    with pytest.raises(InputError):
        PlantSource(tmp_path / "plant.yaml")
    with pytest.raises(InputError):
        PlantSource(tmp_path / "absent.yaml")


def test_the_template_is_the_packaged_plant_word_for_word():
    done = CliRunner().invoke(app, ["plant", "template"])
    assert done.exit_code == 0
    assert done.stdout == default_text()
    assert json.loads(CliRunner().invoke(app, ["plant", "template", "--json"]).stdout) == document_of(read_plant())


def test_show_reads_the_plant_of_the_installation(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(default_text().replace("name: Linares, 2 t a day", "name: mine"))
    monkeypatch.setenv("PLANT_FILE", str(tmp_path / "mine.yaml"))
    shown = json.loads(CliRunner().invoke(app, ["plant", "show", "--json"]).stdout)
    assert shown["plant"]["name"] == "mine"
    assert shown["file"] == str(tmp_path / "mine.yaml")
