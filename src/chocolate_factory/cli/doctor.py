"""``doctor``."""

from __future__ import annotations

import shutil

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say
from chocolate_factory.domain.errors import ChocolateFactoryError
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.domain.work import Check, KeyState
from chocolate_factory.usecases.watch import DEGRADED, DOWN, OK, UNKNOWN
from chocolate_factory.wiring import House


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory doctor --json")(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Ask every part how it is: store, ledger, disk, upstreams, keys, tools. Exit 1 when one is down."""
    with house() as h:
        found = examine(h)
    if as_json:
        print_json(
            [
                {
                    "name": c.name,
                    "status": c.status,
                    "detail": c.detail,
                    "since": isoformat_madrid(c.since) if c.since else None,
                }
                for c in found
            ]
        )
    else:
        print_table("Doctor", ("part", "state", "detail"), [(c.name, c.status, c.detail) for c in found])
    down = [c.name for c in found if c.status == DOWN]
    if down:
        raise ChocolateFactoryError(f"Down: {', '.join(down)}. docs/operate.md says what to do.")
    if not as_json:
        say("Nothing is down.")


def examine(h: House) -> list[Check]:
    """Every check, after asking the upstreams for the present."""
    broken = h.store.verify()
    whole = Check("store content", DOWN if broken else OK, "; ".join(broken) or f"{len(h.store.inventory())} streams")
    h.ingest("all", insist=True, patience=15.0)
    keys = []
    for status in h.keys.check_all():
        state = {KeyState.VALID: OK, KeyState.NOT_SET: DEGRADED, KeyState.UNCHECKED: UNKNOWN}.get(status.status, DOWN)
        keys.append(Check(f"key:{status.upstream}", state, status.detail or status.status.value))
    return [whole, *h.watch.checks(), *keys, _archive_tool()]


def _archive_tool() -> Check:
    tool = next((t for t in ("unrar", "unar", "bsdtar") if shutil.which(t)), None)
    if tool:
        return Check("archive tool", OK, f"{tool} reads datosclima's compressed RAR")
    return Check("archive tool", DEGRADED, "none for compressed RAR: apt-get install libarchive-tools")
