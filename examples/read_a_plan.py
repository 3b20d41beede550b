"""A day planned by the plain rule, and what the contract's JSON says of it.

The rule stands in for the optimiser here, because it takes milliseconds: the plan is of the same shape.
"""

from __future__ import annotations

import math
from datetime import timedelta

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.plan_record import Planned
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR, Interval, Resolution, parse_moment
from chocolate_factory.planning.baselines import compact_block, fixed_block
from chocolate_factory.usecases.plan_document import plan_document
from chocolate_factory.usecases.problem import problem_of

plant = read_plant()
midnight = parse_moment("2026-07-14", "start")
hours = [midnight + i * HOUR for i in range(24)]
spot = {t: 60 - 45 * math.exp(-((i - 14) ** 2) / 12) for i, t in enumerate(hours)}
air = {t: Air(24.0, 40.0) for t in hours}
orders = (Order("first", "dark", 1400.0, midnight + timedelta(hours=20)),)

problem, notes = problem_of(plant, Interval(midnight, midnight + timedelta(days=1)), Resolution.HOUR, spot, air, orders)
document = plan_document(Planned(fixed_block(problem), compact_block(problem), None), notes)

for batch in document["batches"]:
    start, end = batch["start"][11:16], batch["end"][11:16]
    print(f"{start} to {end}  {batch['stage']:6}  {batch['kg']:6.0f} kg of {batch['product']}")
print(f"{document['kg']:.0f} kg, {document['kwh']:.0f} kWh, {document['cost_eur']:.2f} EUR of energy")
print(f"from 06:00, blind to the price: {document['baseline']['cost_eur']:.2f} EUR")
print("hours by level:")
levels = [slot["level"] for slot in document["slots"]]
for level in dict.fromkeys(levels):
    print(f"  {level}: {levels.count(level)}")
