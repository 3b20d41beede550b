"""``plant``: show, check, template, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.adapters.plant_file import DEFAULT_NAME, default_text, document_of, plant_schema, read_plant
from chocolate_factory.cli.terminal import AsJson, fail, print_json, print_table, say, settings
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_checks import PlantError
from chocolate_factory.domain.plant_figures import figures

File = Annotated[Path | None, typer.Argument(help="A plant's YAML file; PLANT_FILE by default, or the packaged plant.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    plant = typer.Typer(name="plant", help="The plant's file: what it says, whether it is sound.", no_args_is_help=True)
    plant.command(epilog="Example: chocolate-factory plant show --estimated")(show)
    plant.command(epilog="Example: chocolate-factory plant check my-plant.yaml")(check)
    plant.command(epilog="Example: chocolate-factory plant template > my-plant.yaml")(template)
    plant.command(epilog="Example: chocolate-factory plant schema > plant.schema.json")(schema)
    app.add_typer(plant, epilog="Example: chocolate-factory plant show")


def show(
    file: File = None,
    estimated: Annotated[bool, typer.Option("--estimated", help="Only the engineering estimates.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every figure with its unit, and which of them are engineering estimates."""
    file = file or settings().plant_file
    plant = read_plant(file)
    found = [f for f in figures(plant) if f.estimated or not estimated]
    if as_json:
        units = {f.path: f.range.unit for f in found if f.range and f.range.unit}
        guesses = [f.path for f in found if f.estimated]
        print_json({"file": _name(file), "plant": document_of(plant), "units": units, "estimated_figures": guesses})
        return
    rows = [(f.path, _text(f.value), f.range.unit if f.range else "", "estimate" if f.estimated else "") for f in found]
    print_table(f"{plant.name} ({_name(file)})", ("figure", "value", "unit", ""), rows)
    say(_guesses(plant))


def check(
    file: Annotated[Path, typer.Argument(help="The plant's YAML file.")],
    as_json: AsJson = False,
) -> None:
    """Read a plant's file and say everything that is wrong in it. Exit 1 when something is."""
    try:
        plant = read_plant(file)
    except PlantError as e:
        flaws = [{"path": f.field, "value": f.value, "allowed": f.allowed} for f in e.flaws]
        if as_json:
            print_json({"file": str(file), "sound": False, "flaws": flaws})
        else:
            fail(str(e))
        raise typer.Exit(1) from e
    if as_json:
        print_json({"file": str(file), "sound": True, "flaws": []})
    else:
        say(f"{file} is sound. {_guesses(plant)}")


def template(as_json: AsJson = False) -> None:
    """The packaged plant as YAML, comments and all: a file to change and to name in PLANT_FILE."""
    if as_json:
        print_json(document_of(read_plant()))
    else:
        typer.echo(default_text(), nl=False)


def schema(as_json: AsJson = True) -> None:  # noqa: ARG001  it is JSON either way
    """JSON Schema of the plant's file, for editors: shapes, units and bounds."""
    print_json(plant_schema())


def _name(file: Path | None) -> str:
    return str(file) if file else DEFAULT_NAME


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value in ((), {}) else str(value)


def _guesses(plant: Plant) -> str:
    every = list(figures(plant))
    return f"{sum(f.estimated for f in every)} of its {len(every)} figures are engineering estimates."
