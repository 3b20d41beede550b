"""Prices as a picture: what is published as a line, what is expected as a line in its band.

matplotlib is slow to import and large: it is imported when a picture is asked for, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from chocolate_factory.domain.forecast import ExpectedPrice
from chocolate_factory.domain.time import MADRID

_INK, _KNOWN, _BAND = "#5d3a1a", "#3f6b35", "#ecd9b0"
_SIZE_IN: Final = (11, 4.5)


def price_chart(series: str, published: Sequence[ExpectedPrice], expected: Sequence[ExpectedPrice]) -> bytes:
    """The PNG's content.

    Args:
        published: slots whose three quantiles are the price itself.
    """
    from matplotlib.dates import DateFormatter, DayLocator  # noqa: PLC0415  see the module
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=_SIZE_IN, layout="constrained")
    axes = figure.add_subplot()
    if expected:
        low, middle, high = (_steps([getattr(p, q) for p in expected]) for q in ("p10", "p50", "p90"))
        axes.fill_between(_edges(expected), low, high, step="post", color=_BAND, label="P10 to P90")
        axes.step(_edges(expected), middle, where="post", color=_INK, label="expected (P50)")
    if published:
        prices = _steps([p.p50 for p in published])
        axes.step(_edges(published), prices, where="post", color=_KNOWN, label="published")
    axes.set(title=f"{series}, Europe/Madrid", ylabel="EUR/MWh")
    axes.xaxis.set_major_locator(DayLocator(tz=MADRID))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%a %d %b", tz=MADRID))  # type: ignore[no-untyped-call]
    axes.grid(alpha=0.3)
    if published or expected:
        axes.legend(frameon=False, loc="upper left")
    body = BytesIO()
    figure.savefig(body, format="png", dpi=110)
    return body.getvalue()


def _edges(prices: Sequence[ExpectedPrice]) -> Any:
    """Where each slot begins, and where the last one ends."""
    return [*(p.slot.start for p in prices), prices[-1].slot.end]


def _steps(values: list[float]) -> list[float]:
    """Each value holds until its slot ends, the last one too."""
    return [*values, values[-1]]
