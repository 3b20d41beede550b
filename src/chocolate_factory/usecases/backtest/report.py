"""A backtest as a page of Markdown: the headline, the tables behind it, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

Json = dict[str, Any]

#: What each strategy is, in the order of the table.
WHO: Final = {
    "constant_rate": "B1: the line on all day at a constant rate; shown, never the yardstick",
    "baseline": "B2, the declared baseline: one compact block from 06:00, blind to price",
    "cheapest_hours": "a sensible person: the six cheapest attended hours in a row, by the published prices",
    "planner": "this program looking a week ahead: published prices, then forecasts; its own stability rules",
    "clairvoyant": "the bound: the same solver, with a week of true prices and weather",
}
BETTER: Final = {
    "true_prices": "prices known a week ahead",
    "true_weather": "weather known a week ahead",
    "longer_horizon": "a horizon of ten days",
    "no_stability": "no stability rules: what was announced moves for any gain",
    "no_caution": "without caution: prices that are not out count as they are expected",
    "in_one_piece": "the whole week in one program, its tail relaxed: slower",
    "two_days": "no look at the days after the two that it decides",
}


def report_of(document: Json) -> str:
    """The page, from the document alone: so both say the same."""
    parts = [_head(document), _strategies(document), _power(document), _months(document), _forecast(document)]
    if document["ablation"]:
        parts.append(_ablation(document))
    return "\n\n".join([*parts, _rests_on(document)]) + "\n"


def _head(document: Json) -> str:
    period, of = document["period"], document["strategies"]
    planner, captured = of["planner"], document["captured_pct"]
    share = "" if captured is None else f", {captured:.1f} % of what perfect foresight would have saved"
    return (
        f"# Backtest, {period['first_day']} to {period['last_day']}\n\n"
        f"The planner saves {_eur(planner['saving_eur'])} EUR of energy against the declared baseline, "
        f"{_pct(planner['saving_pct'])}{share}. Each day is decided at {period['decided_at']}, with what was known "
        f"then, over {period['horizon_hours']} hours, of which the simulator carries out {period['committed_hours']}."
    )


def _strategies(document: Json) -> str:
    rows = (
        (
            f"`{name}`", WHO.get(name, ""), _eur(s["cost_eur"]), _kg(s["kg"]), _kg(s["kwh"]), f"{s['eur_per_kg']:.4f}",
            _pct(s["saving_pct"]), _kg(s["late_kg"]), s["line_starts"],
        )
        for name, s in document["strategies"].items()
    )  # fmt: skip
    head = ("strategy", "what it is", "EUR", "good kg", "kWh", "EUR/kg", "saving", "late kg", "starts")
    return "## Strategies\n\nEnergy at the all-in price, for the chocolate that was due.\n\n" + table(head, rows)


def _power(document: Json) -> str:
    rows = ((f"`{name}`", *_power_row(s)) for name, s in document["strategies"].items())
    return "## Power terms, on their own line\n\n" + table(
        ("strategy", "contracted EUR", "excess EUR", "peak kW"), rows
    )


def _power_row(strategy: Json) -> tuple[str, str, str]:
    power = strategy["power_terms"]
    excess = "no table" if power["excess_eur"] is None else _eur(power["excess_eur"])
    peak = max(period["peak_kw"] for period in strategy["by_period"].values())
    return _eur(power["contracted_eur"]), excess, f"{peak:.0f}"


def _months(document: Json) -> str:
    names = list(document["strategies"])
    rows = ((m["month"], *(_eur(m["strategies"][name]["energy_eur"]) for name in names)) for m in document["months"])
    return "## Months\n\nEnergy as metered, EUR; stocks are not valued.\n\n" + table(("month", *names), rows)


def _forecast(document: Json) -> str:
    forecast = document["forecast"]
    rows = [_score("", score) for score in forecast["days_ahead"]]
    rows += [_score(", at noon with the demand forecast", score) for score in forecast["with_demand"]]
    text = (
        f"Learnt again every {forecast['refit_days']} days from what came before. A day ahead counts from the last day "
        "whose prices were out."
    )
    return f"## Price forecast\n\n{text}\n\n" + table(("days ahead", "MAE EUR/MWh", "rMAE to the EPF naive"), rows)


def _score(how: str, score: Json) -> tuple[str, str, str]:
    rmae = "" if score["rmae"] is None else f"{score['rmae']:.3f}"
    return f"{score['days_ahead']}{how}", f"{score['mae_eur_mwh']:.2f}", rmae


def _ablation(document: Json) -> str:
    rows = (
        (BETTER[name], _eur(a["cost_eur"]), _pct(a["captured_pct"]), _signed(a["more_than_planner_pct_points"]))
        for name, a in document["ablation"].items()
    )
    head = ("the planner with", "EUR", "captured", "points more")
    return "## What holds it lower\n\nThe planner with one thing changed, each alone.\n\n" + table(head, rows)


def _rests_on(document: Json) -> str:
    tariff, baseline, versions = document["tariff"], document["baseline"], document["versions"]
    plant = document["plant"]
    tables = f"tables of {tariff['tables_of']}" + (", held constant" if tariff["constant"] else "")
    known = [
        f"Tariff {tariff['name']}, {tables}; energy all-in, without VAT.",
        f"Baseline {baseline['name']}, version {baseline['version']}, sha256 `{baseline['sha256']}`.",
        f"Seed {document['seed']}.",
        f"Plant {plant['name']}, products {', '.join(plant['products'])}, sha256 `{plant['sha256']}`.",
        "Inputs: " + ", ".join(f"{name} `{digest[:16]}`" for name, digest in document["inputs"].items()) + ".",
        "Versions: " + ", ".join(f"{name} {str(said)[:16]}" for name, said in versions.items()) + ".",
        *document["notes"],
    ]
    return "## What it rests on\n\n" + "\n".join(f"- {sentence}" for sentence in known)


# ----------------------------------------------------------------------------------------------------------- numbers
def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown."""
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)


def _eur(eur: float) -> str:
    return f"{eur:,.0f}"


def _kg(kg: float) -> str:
    return f"{kg:,.0f}"


def _pct(share: float | None) -> str:
    return "" if share is None else f"{share:.1f} %"


def _signed(points: float | None) -> str:
    return "" if points is None else f"{points:+.1f}"
