"""``train`` and ``models``: learn, see what was learnt and how good it is, choose a champion, go back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, progress, say
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.usecases.model_document import model_document, version_document
from chocolate_factory.web.model_schemas import ModelOut, VersionOut
from chocolate_factory.wiring import House

Name = Annotated[str, typer.Argument(help="spot_price, pvpc_price, energy_optimization or production_recommendation.")]
BY_HAND = "the command line"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: chocolate-factory train --model spot_price")(train)
    room = typer.Typer(name="models", help="Who serves, who challenges, how good they are.", no_args_is_help=True)
    room.command("list", epilog="Example: chocolate-factory models list")(list_models)
    room.command("show", epilog="Example: chocolate-factory models show spot_price")(show)
    room.command("promote", epilog="Example: chocolate-factory models promote spot_price 3")(promote)
    room.command("rollback", epilog="Example: chocolate-factory models rollback spot_price")(rollback)
    app.add_typer(room)


def train(
    model: Annotated[str | None, typer.Option(help="One model; all by default.")] = None, as_json: AsJson = False
) -> None:
    """Train a challenger for each model; it becomes champion only where it is better on hours that neither saw."""
    names = [_known(model)] if model else list(ModelName)
    with house() as opened:
        with progress(as_json=as_json) as heard:
            told = opened.models.train_asked(names, heard)
        if as_json:
            print_json({"models": [_written(_document(opened, name)) for name in names]})
            return
        say(told)


def list_models(as_json: AsJson = False) -> None:
    """Every model: who serves, since when, how good it is beside its baseline."""
    with house() as opened:
        documents = [_document(opened, name) for name in ModelName]
    if as_json:
        print_json({"models": [_written(document) for document in documents]})
        return
    print_table(
        "Models", ("model", "champion", "how", "age, days", "challenger", "headline"), [_row(d) for d in documents]
    )


def show(name: Name, as_json: AsJson = False) -> None:
    """One model: its versions that serve or challenge, their scores beside the baselines', its life."""
    with house() as opened:
        document = _document(opened, _known(name))
    if as_json:
        print_json(_written(document))
        return
    for alias in ("champion", "challenger", "previous"):
        if document[alias] is not None:
            _print_version(alias, document[alias])
    if document["champion"] is None:
        say(f"No version yet. {document['waiting_for'] or '`chocolate-factory train` makes one.'}")
    rows = [(isoformat_madrid(e["at"]), e["deed"], e["version"] or "", e["why"]) for e in document["events"]]
    if rows:
        print_table("Its life", ("when", "what", "version", "why"), rows)
    for drift in document["drift"]:
        say(f"drift ({drift['kind']}): {drift['what']}. {drift['action']}")


def promote(name: Name, version: Annotated[int, typer.Argument(min=1)], as_json: AsJson = False) -> None:
    """Make a version champion; the one before stays at hand."""
    with house() as opened:
        chosen = opened.models.promote(_known(name), version, BY_HAND)
        _print_chosen(version_document(chosen, opened.clock.now()), name, as_json=as_json)


def rollback(name: Name, as_json: AsJson = False) -> None:
    """Make the champion before champion again: the same file, the same predictions."""
    with house() as opened:
        chosen = opened.models.roll_back(_known(name), BY_HAND)
        _print_chosen(version_document(chosen, opened.clock.now()), name, as_json=as_json)


# ------------------------------------------------------------------------------------------------------------- inside
def _known(name: str) -> ModelName:
    try:
        return ModelName(name)
    except ValueError:
        raise NotFoundError("model", name, f"one of {', '.join(ModelName)}") from None


def _document(opened: House, name: ModelName) -> dict[str, Any]:
    return model_document(name, opened.models.known(), opened.models, opened.drift, opened.clock.now())


def _written(document: dict[str, Any]) -> dict[str, Any]:
    """As the API writes it, moments too."""
    return ModelOut.model_validate(document).model_dump(mode="json")


def _row(document: dict[str, Any]) -> tuple[object, ...]:
    champion, challenger = document["champion"], document["challenger"]
    if champion is None:
        return document["name"], "none yet", "", "", "", document["waiting_for"] or document["next_training"]
    headline = ", ".join(f"{name} {value:.3g}" for name, value in list(champion["scores"].items())[:3])
    return (
        document["name"],
        f"version {champion['version']}",
        champion["sort"],
        f"{champion['age_days']:.1f}",
        f"version {challenger['version']}" if challenger else "",
        headline,
    )


def _print_version(alias: str, version: dict[str, Any]) -> None:
    learnt = version["learnt_from"]
    since, until = isoformat_madrid(learnt["start"])[:10], isoformat_madrid(learnt["end"])[:10]
    seen = f"learnt from {since} to {until}, {version['rows']} rows"
    title = f"{alias}: version {version['version']}, {version['sort']}, {seen}"
    others = version["baselines"]
    rows = [
        (name, f"{value:.4g}", *(f"{scores[name]:.4g}" if name in scores else "" for scores in others.values()))
        for name, value in version["scores"].items()
    ]
    print_table(title, ("score", version["sort"], *others), rows)


def _print_chosen(version: dict[str, Any], name: str, *, as_json: bool) -> None:
    if as_json:
        print_json(VersionOut.model_validate(version))
    else:
        say(f"{name}: version {version['version']} ({version['sort']}) serves from now on.")
