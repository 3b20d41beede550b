"""Which tariff period an hour falls into, and what a kWh costs in it.

The periods are those of CNMC Circular 3/2020; the tolls and charges are those of 2026. The market price, 60 EUR/MWh,
is an assumption of this example.
"""

from __future__ import annotations

from datetime import date

from chocolate_factory.domain.tariff import Tariff, energy_eur_kwh, period, prices_at, slots
from chocolate_factory.domain.time import HOUR, Resolution, madrid_day, madrid_midnight

SPOT_EUR_MWH = 60.0
DAYS = {
    date(2026, 7, 14): "a working day in July",
    date(2026, 7, 19): "a Sunday",
    date(2026, 12, 8): "one of the nine holidays",
    date(2026, 10, 25): "the Sunday with 25 hours",
}


def periods_of(day: date, tariff: Tariff) -> str:
    """One digit for each hour of the day, from midnight in Madrid on."""
    return "".join(period[1] for _, period in slots(madrid_day(day), tariff, Resolution.HOUR))


for day, name in DAYS.items():
    print(f"{day}  {periods_of(day, Tariff.TD30):<25}  {name}")

print()
nine = madrid_midnight(date(2026, 7, 14)) + 9 * HOUR
for tariff in Tariff:
    prices = prices_at(date(2026, 7, 14), tariff)
    if prices is not None:
        in_force = period(nine, tariff)
        cost = energy_eur_kwh(SPOT_EUR_MWH, in_force, prices)
        print(f"{tariff}  9 o'clock is {in_force}: {cost:.4f} EUR/kWh all-in, without VAT")
