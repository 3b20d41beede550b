"""``tariff``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Tariff
from chocolate_factory.domain.time import Resolution, isoformat_madrid
from chocolate_factory.web.windows import tariff_window_of


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory tariff --start 2026-07-14 --end 2026-07-14 --tariff 6.1TD")(tariff)


def tariff(
    start: Annotated[str | None, typer.Option(help="First day or moment; today by default.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day (included) or moment; tomorrow by default.")] = None,
    tariff: Annotated[str | None, typer.Option(help="2.0TD, 3.0TD or 6.1TD; the plant's by default.")] = None,
    resolution: Annotated[int, typer.Option(help="15 or 60 minutes.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Period and all-in marginal price of every slot, indexed to the spot price, without VAT."""
    if tariff is not None and tariff not in list(Tariff):
        raise InputError("tariff", tariff, f"one of {', '.join(Tariff)}")
    if resolution not in (15, 60):
        raise InputError("resolution", resolution, "15 or 60 minutes")
    with house() as h:
        chosen = Tariff(tariff) if tariff else h.plant().contract.tariff
        window = tariff_window_of(start, end, h.clock, timedelta(days=366), chosen)
        slots = list(h.tariff_slots(window, chosen, Resolution(resolution)))
    if as_json:
        rows = [
            {
                "start": isoformat_madrid(s.slot.start),
                "period": s.period.value,
                "energy_eur_kwh": s.energy_eur_kwh,
                "price_kind": s.price_kind,
            }
            for s in slots
        ]
        print_json({"tariff": chosen.value, "resolution_minutes": resolution, "slots": rows})
        return
    table = [
        (
            isoformat_madrid(s.slot.start)[:16].replace("T", " "),
            s.period.value,
            "no price yet" if s.energy_eur_kwh is None else f"{s.energy_eur_kwh:.5f}",
        )
        for s in slots
    ]
    print_table(f"{chosen}, all-in without VAT", ("start (Madrid)", "period", "EUR/kWh"), table)
