"""``predict``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say
from chocolate_factory.usecases.predict_document import prediction_document
from chocolate_factory.usecases.present import Conditions


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory predict --price 0.15 --temperature 22 --humidity 55")(predict)


def predict(
    price: Annotated[float | None, typer.Option(min=-0.6, max=6, help="PVPC of this hour, EUR/kWh.")] = None,
    temperature: Annotated[float | None, typer.Option(min=-25, max=52, help="Outdoors, °C.")] = None,
    humidity: Annotated[float | None, typer.Option(min=1, max=100, help="Relative, outdoors, %.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score and recommendation for this hour; what is not named is filled from the store."""
    with house() as opened:
        document = prediction_document(opened.predict, Conditions(price, temperature, humidity))
    if as_json:
        print_json(document)
    else:
        _print(document, opened.language)


def _print(document: dict[str, Any], language: str) -> None:
    score, advice = document["energy_optimization"], document["production_recommendation"]
    say(f"{advice['recommendation']}, score {score['energy_optimization_score']:.1f} of 100  ({score['hour'][:16]})")
    for reason in advice["reasons"]:
        say(f"  {reason[language]}")
    rows = [(i["name"], i["value"], "given" if i["given"] else i["source"], _age(i)) for i in score["inputs"]]
    print_table("made from", ("what", "value", "from", "minutes old"), rows)
    for made in (score["model"], advice["model"]):
        if made is not None:
            say(f"{made['name']}/{made['version']} ({made['sort']}, {made['alias']})")


def _age(used: dict[str, Any]) -> str:
    return "" if used["age_minutes"] is None else str(used["age_minutes"])
