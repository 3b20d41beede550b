"""``alerts``: what a person should know, what was seen, and whether people can be reached."""

from __future__ import annotations

from typing import Annotated

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say
from chocolate_factory.domain.errors import ChocolateFactoryError, NotFoundError
from chocolate_factory.domain.notice import Delivery, Fate
from chocolate_factory.domain.time import DAY, isoformat_madrid
from chocolate_factory.domain.work import Alert
from chocolate_factory.usecases.alert_list import ALIVE, ENDED, alive_first
from chocolate_factory.usecases.notify import MOST
from chocolate_factory.web.api.alerts import alerts_out
from chocolate_factory.web.schemas import AlertOut
from chocolate_factory.wiring import House


def add_to(app: typer.Typer) -> None:
    """Register the command and its sub-commands."""
    room = typer.Typer(
        name="alerts", invoke_without_command=True, callback=alerts, epilog="Example: chocolate-factory alerts --all"
    )
    room.command("ack", epilog="Example: chocolate-factory alerts ack 12")(ack)
    room.command("test", epilog="Example: chocolate-factory alerts test")(trial)
    app.add_typer(room)


def alerts(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what was closed more than a day ago.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a person should know: open alerts, and those of the last day that are closed."""
    if context.invoked_subcommand is not None:
        return
    with house() as h:
        shown = alerts_out(h, alive_first(h.alerts, limit=MOST) if everything else _recent(h)).alerts
    if as_json:
        print_json({"alerts": [alert.model_dump(mode="json") for alert in shown]})
    elif shown:
        print_table(
            "Alerts",
            ("id", "severity", "state", "since (Madrid)", "told", "cause", "what, and what to do"),
            _rows(shown),
        )
    else:
        say("No alert is open, and none was closed in the last day.")


def ack(alert: Annotated[int, typer.Argument(help="The id of an alert.")], as_json: AsJson = False) -> None:
    """Somebody has seen an alert; it stays until its cause is gone, and is not sent again."""
    with house() as h:
        seen = h.alerts.acknowledge(alert)
        if seen is None:
            raise NotFoundError("alert", alert, "the id of an alert; `chocolate-factory alerts` lists them")
        [shown] = alerts_out(h, [seen]).alerts
    if as_json:
        print_json(shown)
    else:
        say(f"{shown.id} {shown.cause}: {shown.state}.")


def trial(as_json: AsJson = False) -> None:
    """Send a test message to every target of NOTIFY_URLS and say which arrived; exit 1 when one did not."""
    with house() as h:
        if not h.notify.targets:
            raise ChocolateFactoryError("Nobody can be told: NOTIFY_URLS is not set; .env.example says how.")
        ended = h.notify.trial()
    if as_json:
        print_json({"targets": [{"target": name, "fate": d.fate.value, "why": d.why} for name, d in ended.items()]})
    else:
        rows = [(n, target, _told(delivery)) for n, (target, delivery) in enumerate(ended.items(), 1)]
        print_table("Test message", ("URL", "target", "how it went"), rows)
    lost = [target for target, delivery in ended.items() if delivery.fate is not Fate.ARRIVED]
    if lost:
        raise ChocolateFactoryError(f"It did not arrive at {', '.join(lost)}; look at that URL of NOTIFY_URLS.")


# ------------------------------------------------------------------------------------------------------------- inside
def _recent(h: House) -> list[Alert]:
    ended = h.alerts.alerts(ENDED, MOST, since=h.clock.now() - DAY)
    return [*h.alerts.alerts(ALIVE, MOST), *ended]


def _rows(shown: list[AlertOut]) -> list[tuple[object, ...]]:
    return [
        (
            alert.id,
            alert.severity,
            alert.state,
            isoformat_madrid(alert.opened_at)[:16].replace("T", " "),
            "yes" if alert.notified_at else "",
            alert.cause,
            f"{alert.message}\n{alert.action}",
        )
        for alert in shown
    ]


def _told(delivery: Delivery) -> str:
    return {
        Fate.ARRIVED: "arrived",
        Fate.REFUSED: f"did not arrive: {delivery.why}",
        Fate.UNSURE: f"may not have arrived: {delivery.why}",
    }[delivery.fate]
