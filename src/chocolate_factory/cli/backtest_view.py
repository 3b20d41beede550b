"""A backtest on the terminal."""

from __future__ import annotations

from typing import Any

from chocolate_factory.cli.terminal import print_table, say

Json = dict[str, Any]


def show_backtest(document: Json) -> None:
    """Strategies side by side, the forecast, what holds the planner lower, and what it rests on."""
    period = document["period"]
    title = f"{period['first_day']} to {period['last_day']}, decided at {period['decided_at']}"
    columns = ("strategy", "EUR", "good kg", "kWh", "EUR/kg", "saving %", "late kg")
    print_table(title, columns, [_strategy(name, s) for name, s in document["strategies"].items()])
    if document["captured_pct"] is not None:
        say(f"The planner captures {document['captured_pct']:.1f} % of the saving of perfect foresight.")
    if document["ablation"]:
        rows = [(name, a["cost_eur"], _told(a["captured_pct"])) for name, a in document["ablation"].items()]
        print_table("The planner with one thing changed", ("what", "EUR", "captured %"), rows)
    scores = [(s["days_ahead"], s["mae_eur_mwh"], _told(s["rmae"])) for s in document["forecast"]["days_ahead"]]
    print_table("Price forecast", ("days ahead", "MAE EUR/MWh", "rMAE"), scores)
    for note in document["notes"]:
        say(note)


def _strategy(name: str, s: Json) -> tuple[object, ...]:
    figures = (s["cost_eur"], s["kg"], s["kwh"], s["eur_per_kg"], s["saving_pct"], s["late_kg"])
    return name, *(_told(figure) for figure in figures)


def _told(figure: float | None) -> object:
    return "-" if figure is None else figure
