"""The demo's world: weather and power that were never measured.

Everything here is invented. The shapes (hot dry summers, a solar valley in the price, an evening peak) are public
knowledge about southern Spain; the numbers are curves and seeded noise, taken from no file and fitted to nothing. So
nobody must take them for data: what leaves this world is marked ``simulated``, and no result computed from it says
anything about a real day, price or model.

Invariants:
    Every value is a function of the seed and the moment alone. It does not depend on what was asked before, on the
    window, or on the wall clock; any two worlds of one seed agree for ever.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from chocolate_factory.adapters.demo_sky import Noise, Sky, around, by_month, hours_since_1970, sun_height, winter
from chocolate_factory.domain.time import HOUR, MADRID, Resolution, madrid_day, slots

WIND_LOAD = (0.32, 0.33, 0.33, 0.29, 0.25, 0.21, 0.20, 0.20, 0.21, 0.25, 0.31, 0.32)
RIVERS_MW = (3600, 3900, 4300, 4400, 3700, 2500, 1700, 1400, 1300, 1600, 2400, 3100)

# Demand of the country by local hour of a working day and of a Sunday, GW; they meet at midnight.
WORKING_GW = (
    *(25.0, 23.6, 22.8, 22.4, 22.3, 22.8, 24.6, 27.4, 29.4, 30.2, 30.6, 30.9),
    *(31.0, 30.8, 30.0, 29.4, 29.2, 29.3, 29.8, 30.8, 32.0, 32.2, 30.2, 27.4),
)
RESTING_GW = (
    *(25.0, 23.5, 22.5, 21.9, 21.6, 21.6, 21.9, 22.6, 23.6, 25.0, 26.2, 26.9),
    *(27.2, 27.2, 26.6, 25.6, 25.1, 25.2, 25.9, 27.4, 29.3, 30.0, 28.8, 26.8),
)
# PVPC's tolls and charges by period, EUR/MWh, and the period of each local hour of a working day (else valley).
TOLLS = {"1": 95.0, "2": 29.0, "3": 3.0}
PERIODS = "333333332211112222111122"
HOLIDAYS = frozenset({(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)})

#: Plants that run whatever the price, MW.
STEADY_MW = {"cogeneration": 1800.0, "other_renewable": 450.0, "non_renewable_waste": 170.0, "renewable_waste": 90.0}
#: Share of each dispatchable technology in what the residual demand asks for.
DISPATCH = {"combined_cycle": 0.62, "hydro": 0.30, "pumped_hydro": 0.05, "coal": 0.03}
LEAST_DISPATCH_MW = 900.0  # what keeps the grid stiff; exported when nobody needs it
NUCLEAR_MW = 6200.0
SUN_MW = 23_000.0
WIND_MW = 31_000.0


def rests(day: date) -> float:
    """How much of a Sunday a day is, 0..1."""
    if (day.month, day.day) in HOLIDAYS or day.weekday() == 6:
        return 1.0
    return 0.65 if day.weekday() == 5 else 0.0


class Power(NamedTuple):
    """The country's electricity at one moment, MW."""

    demand: float
    sun: float
    wind: float
    nuclear: float
    rivers: float

    @property
    def residual(self) -> float:
        """What dispatchable plants must give; below zero there is too much of everything else."""
        steady = sum(STEADY_MW.values())
        return self.demand - self.sun - self.wind - self.nuclear - self.rivers - steady


class World:
    """Curves of one seed. All methods are pure."""

    def __init__(self, seed: int) -> None:
        self._noise = Noise(seed)
        self.sky = Sky(self._noise)
        self._mark = lru_cache(maxsize=256)(self._residual_at)

    def power(self, moment: datetime) -> Power:
        """Demand and what meets it without being asked."""
        hour = hours_since_1970(moment)
        gale = 0.5 + 0.5 * (0.75 * self._noise("gale", hour, 60.0) + 0.25 * self._noise("gust", hour, 13.0))
        cloud = 0.6 * self.sky.cloud(hour) + 0.2 * (1.0 + self._noise("cloud elsewhere", hour, 40.0))
        height = sun_height(hour)
        return Power(
            demand=self.demand_mw(moment),
            sun=SUN_MW * (1.0 - math.exp(-2.6 * height)) * (1.0 - 0.45 * cloud),
            wind=WIND_MW * min(0.75, by_month(WIND_LOAD, hour) * 2.6 * gale**1.5),
            nuclear=NUCLEAR_MW + 700.0 * self._noise("refuelling", hour, 900.0),
            rivers=by_month(RIVERS_MW, hour) * (1.0 + 0.4 * self._noise("rain year", hour, 1100.0)),
        )

    def demand_mw(self, moment: datetime) -> float:
        """By the hour of the local day, the kind of day, cold and heat."""
        local, hour = moment.astimezone(MADRID), hours_since_1970(moment)
        clock, rest = local.hour + local.minute / 60.0, rests(local.date())
        habit = (1.0 - rest) * around(WORKING_GW, clock) + rest * around(RESTING_GW, clock)
        felt = self.sky.mean_temperature(hour) - 1.5
        weather = 0.23 * max(0.0, 14.0 - felt) + 0.30 * max(0.0, felt - 22.0)
        return 1000.0 * (habit - 1.0 + weather) * (1.0 + 0.012 * self._noise("habit", hour, 5.0))

    def demand_forecast_mw(self, moment: datetime) -> float:
        """What the day before expected: within about two percent."""
        return self.demand_mw(moment) * (1.0 + 0.022 * self._noise("demand error", hours_since_1970(moment), 9.0))

    def generation_mwh(self, day: date) -> dict[str, float]:
        """What each technology made that Madrid day, MWh; together at least the day's demand."""
        hours = [self.power(start + HOUR / 2) for start in slots(madrid_day(day), Resolution.HOUR)]
        asked = sum(max(LEAST_DISPATCH_MW, power.residual) for power in hours)
        made = {technology: share * asked for technology, share in DISPATCH.items()}
        made |= {technology: megawatts * len(hours) for technology, megawatts in STEADY_MW.items()}
        sun = sum(power.sun for power in hours)
        made |= {"solar_pv": 0.9 * sun, "solar_thermal": 0.1 * sun}
        made |= {"wind": sum(power.wind for power in hours), "nuclear": sum(power.nuclear for power in hours)}
        made["hydro"] += sum(power.rivers for power in hours)
        return made

    # ------------------------------------------------------------------ prices
    def spot_eur_mwh(self, moment: datetime) -> float:
        """The price at which the residual demand is met.

        An S over the residual, lifted by gas: far below 0 GW it lies on the slightly negative floor that subsidised
        plants set, from 5 to 20 GW fuel sets it, above that scarcity does. Around zero it is zero.
        """
        hour = hours_since_1970(moment)
        gigawatts = self._residual_gw(hour)
        ripple = 2.0 * self._noise("auction", hour, 1.0)
        price = self.gas(hour) * 118.0 / (1.0 + math.exp((3.0 - gigawatts) / 6.0)) - 4.0 + ripple
        return 0.0 if abs(price) < 1.0 else price + 3.0 * math.exp(min(4.0, (gigawatts - 20.0) / 3.0))

    def pvpc_eur_mwh(self, hour_start: datetime, spot: float) -> float:
        """0.6 of the hour's spot, 0.4 of a future that follows gas, 16 of system costs, and the period's toll."""
        local = hour_start.astimezone(MADRID)
        period = "3" if rests(local.date()) else PERIODS[local.hour]
        future = 64.0 * self.gas(hours_since_1970(hour_start))
        return 0.6 * spot + 0.4 * future + 16.0 + TOLLS[period]

    def _residual_gw(self, hour: float) -> float:
        """Linear between full hours, so that four quarters cost little more than one hour."""
        mark = math.floor(hour)
        before, after = self._mark(mark), self._mark(mark + 1)
        return before + (after - before) * (hour - mark)

    def _residual_at(self, mark: int) -> float:
        return self.power(datetime.fromtimestamp(mark * 3600, UTC)).residual / 1000.0

    def gas(self, hour: float) -> float:
        """How dear fuel is, about 1, over seasons."""
        return 1.0 + 0.2 * self._noise("gas", hour, 1500.0) + 0.08 * winter(hour)
