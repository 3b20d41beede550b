"""Pictures of how a price model did, for the tracking server: error by lead, coverage by lead, a week of forecasts."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chocolate_factory.forecasting.measures import TOMORROW, Walked
from chocolate_factory.forecasting.model import SERVED
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.walk import quantiles

Curves = Mapping[str, tuple[tuple[int, float], ...]]
_INK, _OTHER, _BAND = "#5d3a1a", "#7f9c5a", "#ecd9b0"
_MEANT: Final = 0.8


def plots_of(panel: Panel, walked: Walked, curves: Curves, naive: Curves) -> dict[str, bytes]:
    """PNG by file name.

    Args:
        curves, naive: the model's and the baseline's figures by lead.
    """
    return {
        "error_by_lead.png": _drawn(lambda axes: _errors(axes, curves, naive)),
        "coverage_by_lead.png": _drawn(lambda axes: _coverage(axes, curves)),
        "last_week.png": _drawn(lambda axes: _week(axes, panel, walked)),
    }


def _drawn(draw: Callable[[Axes], None]) -> bytes:
    figure = Figure(figsize=(8, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.legend(frameon=False)
    body = io.BytesIO()
    figure.savefig(body, format="png")
    return body.getvalue()


def _errors(axes: Axes, curves: Curves, naive: Curves) -> None:
    for name, found, colour in (("model", curves, _INK), ("EPF naive", naive, _OTHER)):
        axes.plot(*zip(*found["mae_eur_mwh_by_lead"], strict=True), "o-", color=colour, label=name)
    axes.set(xlabel="days ahead", ylabel="mean absolute error, EUR/MWh", ylim=(0, None))


def _coverage(axes: Axes, curves: Curves) -> None:
    axes.plot(*zip(*curves["coverage_by_lead"], strict=True), "o-", color=_INK, label="between P10 and P90")
    axes.axhline(_MEANT, color=_OTHER, linestyle="--", label="as meant")
    axes.set(xlabel="days ahead", ylabel="share of the hours", ylim=(0, 1))


def _week(axes: Axes, panel: Panel, walked: Walked) -> None:
    rows, told = quantiles(panel, walked[TOMORROW], SERVED, TOMORROW.lead)
    low, middle, high = (q[-7:].ravel() for q in told)
    actual, hours = panel.prices[rows[-7:]].ravel(), np.arange(len(middle))
    axes.fill_between(hours, low, high, color=_BAND, label="P10 to P90")
    axes.plot(hours, middle, color=_INK, label="P50, decided the day before")
    axes.plot(hours, actual, color=_OTHER, label="as it came")
    axes.set(xlabel=f"hours from {panel.day(int(rows[-7:][0]))}", ylabel="EUR/MWh")
