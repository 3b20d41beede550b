"""What the two models are to learn: neither is a formula of the features, most of it lies in the hours to come."""

from __future__ import annotations

from typing import Final

import numpy as np

from chocolate_factory.domain.plan import Level
from chocolate_factory.learning.history import History
from chocolate_factory.learning.places import place_within
from chocolate_factory.modelling.numbers import Floats, Ints

#: The classes that are learnt, in their order; Halt Production is known, not learnt.
CLASSES: Final = (Level.REDUCED, Level.MODERATE, Level.OPTIMAL)
#: Shares of the voting plans from which on an hour is Moderate, and Optimal.
MODERATE_FROM: Final = 0.4
OPTIMAL_FROM: Final = 0.75
#: Of a week's 167 to 169 hours so many must be known.
WHOLE_WEEK_H: Final = 150
#: How far ahead a label looks, days: so much lies between what is learnt from and what is judged on.
PURGE_DAYS: Final = 7


def scores(history: History) -> Floats:
    """``100 x (1 - place of the hour's EUR/kg in its calendar week)``, Madrid's Monday to Sunday; 0 to 100.

    EUR/kg is the slot's all-in marginal price (``domain/tariff.energy_eur_kwh`` on the contract's terms) times the
    kWh/kg of one more line hour in the air that came (``physics.line_kwh_kg``). Equal hours share their place. A week
    that is not over, or of which more than a day is missing, has no scores.
    """
    found: Floats = 100 * (1 - place_within(history.eur_kg, history.hours.week, WHOLE_WEEK_H))
    return found


def classes(votes: Floats) -> Ints:
    """The class of each hour by its share of votes, as its number in ``CLASSES``; -1 where nobody voted."""
    found = (votes >= MODERATE_FROM).astype(int) + (votes >= OPTIMAL_FROM)
    return np.where(np.isnan(votes), -1, found)
