"""A backtest as pictures: savings over time, the year side by side, the forecast's error, what holds it lower."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chocolate_factory.usecases.backtest.chain import DayRecord
from chocolate_factory.usecases.backtest.deed import Result
from chocolate_factory.usecases.backtest.strategies import ABLATIONS, BASELINE, CONSTANT_RATE, PLANNER

_INK: Final = ("#5d3a1a", "#7f9c5a", "#c08a3e", "#8a8a8a")


def plots_of(result: Result) -> dict[str, bytes]:
    """PNG by file name."""
    drawn: dict[str, Callable[[Axes], None]] = {
        "savings.png": lambda axes: _savings(axes, result),
        "costs.png": lambda axes: _costs(axes, result),
        "forecast.png": lambda axes: _forecast(axes, result),
    }
    if result.wanted.ablate:
        drawn["ablation.png"] = lambda axes: _ablation(axes, result)
    return {name: _png(draw) for name, draw in drawn.items()}


def _png(draw: Callable[[Axes], None]) -> bytes:
    figure = Figure(figsize=(8, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    body = io.BytesIO()
    figure.savefig(body, format="png")
    return body.getvalue()


def _savings(axes: Axes, result: Result) -> None:
    """Energy saved against the baseline, added up day by day; stocks are not valued, so single days jump."""
    shown = [s.name for s in result.wanted.strategies if s.name not in {BASELINE.name, CONSTANT_RATE.name}]
    baseline = _energy(result.chains[BASELINE.name])
    days = [record.day for record in result.chains[BASELINE.name]]
    for name, colour in zip(shown, _INK, strict=False):
        saved = (b - e for b, e in zip(baseline, _energy(result.chains[name]), strict=True))
        axes.plot(days, list(accumulate(saved)), color=colour, label=name)  # type: ignore[arg-type]
    axes.axhline(0, color=_INK[-1], linewidth=0.8)
    axes.set(ylabel="EUR saved against the baseline")
    axes.tick_params(axis="x", rotation=30)
    axes.legend(frameon=False)


def _energy(days: Sequence[DayRecord]) -> list[float]:
    return [sum(m.eur for m in record.went.metered.values()) for record in days]


def _costs(axes: Axes, result: Result) -> None:
    names = [strategy.name for strategy in result.wanted.strategies]
    costs = [result.accounts[name].cost_eur for name in names]
    bars = axes.barh(names, costs, color=[_INK[0] if name == PLANNER.name else _INK[1] for name in names])
    axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    axes.set(xlabel="energy for what was due, EUR", xlim=(0, 1.15 * max(costs)))
    axes.invert_yaxis()


def _forecast(axes: Axes, result: Result) -> None:
    days = [score.days_ahead for score in result.scores]
    for colour, label, errors in (
        (_INK[0], "forecast", [score.mae for score in result.scores]),
        (_INK[1], "EPF naive", [score.naive_mae for score in result.scores]),
    ):
        axes.plot(days, errors, "o-", color=colour, label=label)
    axes.set(xlabel="days ahead of the last published price", ylabel="mean absolute error, EUR/MWh", ylim=(0, None))
    axes.legend(frameon=False)


def _ablation(axes: Axes, result: Result) -> None:
    names = [PLANNER.name, *(one.name for one in ABLATIONS)]
    captured = [result.captured_pct(name) or 0.0 for name in names]
    bars = axes.barh(names, captured, color=[_INK[0] if name == PLANNER.name else _INK[1] for name in names])
    axes.bar_label(bars, fmt="{:.1f} %", padding=3)
    axes.axvline(100, color=_INK[-1], linewidth=0.8)
    axes.set(xlabel="share of the clairvoyant's saving, %", xlim=(0, max(115, 1.1 * max(captured))))
    axes.invert_yaxis()
