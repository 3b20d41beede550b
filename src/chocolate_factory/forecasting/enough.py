"""How many days of prices a model needs; apart from what learns, for who only asks need not load that."""

from __future__ import annotations

from typing import Final

from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.forecasting.conformal import DAYS, FEWEST
from chocolate_factory.forecasting.panel import FEWEST_DAYS, REACH

#: Origins whose forecasts make the margins, so that every lead has ``DAYS`` errors; two earlier trainings in all.
ORIGINS: Final = DAYS + LEADS[-1] - 1
#: Days of prices without which there is no model with margins.
FEWEST_IN_ALL: Final = ORIGINS + FEWEST_DAYS + REACH + LEADS[-1]
#: The same of the naive one, which learns nothing but its margins.
FEWEST_FOR_NAIVE: Final = FEWEST + REACH + LEADS[-1] - 1
