"""``migrate``."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

import typer

from chocolate_factory.cli.terminal import AsJson, print_json, print_table, progress, say, settings
from chocolate_factory.domain.errors import ChocolateFactoryError
from chocolate_factory.usecases.migrate import Migration, Proof
from chocolate_factory.usecases.migrate import migrate as copy
from chocolate_factory.wiring.stores import must_be_there, store_at

ADDRESS = "sqlite:///file (an absolute path has four slashes) or influxdb://host:8086/database"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Example: chocolate-factory migrate --from sqlite:///data/timeseries.db --to influxdb://host:8086/factory"
    )(migrate)


def migrate(
    source: Annotated[str, typer.Option("--from", help=f"Where everything is: {ADDRESS}.")],
    target: Annotated[str, typer.Option("--to", help="Where it is to be; what is there already stays.")],
    as_json: AsJson = False,
) -> None:
    """Copy every observation from one store to another and prove it. Run again, it goes on where it was cut off.

    INFLUXDB_TOKEN and INFLUXDB_ORG hold for either side. Stop the service meanwhile: what it writes is not copied.
    """
    known = settings()
    must_be_there(source)
    with (
        closing(store_at(source, known)) as here,
        closing(store_at(target, known)) as there,
        progress(as_json=as_json) as heard,
    ):
        done = copy(here, there, heard)
    _tell(done, as_json=as_json)
    if not done.is_equal:
        names = ", ".join(proof.series for proof in done.proofs if not proof.is_equal)
        raise ChocolateFactoryError(
            f"Not equal: {names}. Where something was written to either store meanwhile, stop that and migrate again."
        )


def _tell(done: Migration, *, as_json: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {"copied": done.copied, "there": done.there, "equal": done.is_equal}
        print_json({**facts, "series": [_series(proof) for proof in done.proofs]})
        return
    rows = [
        (p.series, p.source.count, p.target.count, f"{p.source.checksum:032x}", "yes" if p.is_equal else "NO")
        for p in done.proofs
    ]
    print_table("Migrated", ("series", "rows here", "rows there", "checksum", "equal"), rows)
    say(f"{done.copied} rows copied, {done.there} were there already.")


def _series(proof: Proof) -> dict[str, Any]:
    sides = {"from": proof.source, "to": proof.target}
    return {
        "series": proof.series,
        "equal": proof.is_equal,
        **{side: {"rows": t.count, "checksum": f"{t.checksum:032x}"} for side, t in sides.items()},
    }
