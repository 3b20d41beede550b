"""Whether features know what they cannot: all that was published after an hour began is redrawn, and none may move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from chocolate_factory.learning.features import FEATURES, Rows
from chocolate_factory.learning.history import PUBLIC_AFTER_H, History
from chocolate_factory.learning.hours import VALUES, Hours
from chocolate_factory.modelling.numbers import Floats

#: PVPC of tomorrow is public when an hour from this one on begins (20:20).
PVPC_PUBLIC_H: Final = 21


def leaking(
    history: History, row: int, seed: int, features: Mapping[str, Callable[[Rows], Floats]] = FEATURES
) -> list[str]:
    """The features of an hour that change when everything that was published after it began does."""
    other = History(with_another_future(history.hours, row, seed), history.plant)
    honest, scrambled = (Rows.of(h, np.array([row])) for h in (history, other))
    return [
        name
        for name, feature in features.items()
        if not np.isclose(feature(honest), feature(scrambled), equal_nan=True).all()
    ]


def with_another_future(hours: Hours, row: int, seed: int) -> Hours:
    """The same as far as it was public when a row's hour began; the rest drawn anew from its own values."""
    chance = np.random.default_rng(seed)
    known_day = hours.day[row] + (1 if hours.hour[row] >= PVPC_PUBLIC_H else 0)
    public = {
        "pvpc_eur_kwh": int(np.searchsorted(hours.day, known_day, side="right")),
        "energy_eur_kwh": int(hours.public_until[row]),
    }
    read = max(row - PUBLIC_AFTER_H + 1, 0)
    drawn = [_redrawn(getattr(hours, name), public.get(name, read), chance) for name in VALUES]
    return Hours(hours.first, hours.tariff, *drawn)


def _redrawn(values: Floats, start: int, chance: np.random.Generator) -> Floats:
    other = values.copy()
    other[start:] = chance.choice(values[~np.isnan(values)], size=len(values) - min(start, len(values)))
    return other
