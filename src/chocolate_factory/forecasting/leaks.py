"""Whether columns know what they cannot: everything after the moment of forecasting is scrambled, and nothing may move.

The honest ones do not notice. A planted column of tomorrow's prices, an index off by one or a lag shorter than the
horizon do, and are named by their number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Floats, Ints

#: Makes the columns of some target rows for a lead.
Columns = Callable[[Panel, Ints, int], Floats]


def leaking_columns(columns: Columns, panel: Panel, target: int, lead: int, seed: int = 1) -> list[int]:
    """The columns of a target day that change when all that was published after its origin does.

    Args:
        target: a row whose inputs are all there.
    """
    row = np.array([target])
    honest = columns(panel, row, lead)
    scrambled = columns(with_another_future(panel, target - lead, seed), row, lead)
    differs = ~np.isclose(honest, scrambled, equal_nan=True).all(axis=0)
    return [int(number) for number in np.flatnonzero(differs)]


def with_another_future(panel: Panel, origin: int, seed: int) -> Panel:
    """The same past; prices after the origin, and guides after the day that follows it, redrawn at random."""
    chance = np.random.default_rng(seed)
    prices = _redrawn(panel.prices, origin + 1, chance)
    guides = {name: _redrawn(guide, origin + 2, chance) for name, guide in panel.guides.items()}
    return replace(panel, prices=prices, guides=guides)


def _redrawn(rows: Floats, start: int, chance: np.random.Generator) -> Floats:
    other = rows.copy()
    other[start:] = chance.normal(np.nanmean(rows), 1.0 + np.nanstd(rows), other[start:].shape)
    return other
