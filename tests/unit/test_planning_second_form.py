"""The same problems in a second formulation: a binary for each conche and slot, a run of the line as one column.

Nothing of planning/ is used; power and prices are worked out here from the physics. Where it solves, both agree.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from plan_checker import violations
from planning_problems import order, problem, small_plant, with_contract
from scipy.optimize import Bounds, LinearConstraint, milp

from chocolate_factory.domain.plan import OWED_H, Options
from chocolate_factory.domain.thermal import Air, chiller_cop, hall_load_kw, line_may_run
from chocolate_factory.planning.solve import make_plan

HOURS = 16
PLANT = small_plant()


class SecondForm:
    """One product, hourly slots. Columns: a begin by conche and hour, a run by its first and last hour, kg by hour."""

    def __init__(self, p, conches):
        self.p, self.plant, self.conches = p, p.plant, conches
        self.hours = range(len(p.slots))
        self.length = p.plant.products[0].conche_hours
        self.begins = [(u, t) for u in range(conches) for t in self.hours if self._may_begin(t)]
        self.runs = [(a, b) for a in self.hours for b in self.hours if self._may_run(a, b)]
        self.width = len(self.begins) + len(self.runs) + 2 * len(p.slots) + 1
        self.rows, self.low, self.high = [], [], []

    def _may_begin(self, t):
        fill = math.ceil(self.plant.fill_h)
        inside = t + self.length <= len(self.p.slots)
        return inside and all(s.crew for s in self.p.slots[t : t + fill])

    def _may_run(self, a, b):
        long_enough = b - a + 1 >= self.plant.line.min_on_h
        return long_enough and all(s.crew and line_may_run(s.air, self.plant) for s in self.p.slots[a : b + 1])

    # columns
    def begin(self, i):
        return i

    def run(self, i):
        return len(self.begins) + i

    def output(self, t):
        return len(self.begins) + len(self.runs) + t

    def late(self, t):
        return len(self.begins) + len(self.runs) + len(self.p.slots) + t

    def row(self, terms, low, high):
        line = np.zeros(self.width)
        for column, value in terms:
            line[column] += value
        self.rows.append(line)
        self.low.append(low)
        self.high.append(high)

    # what follows from a decision
    def batch_kw(self, age):
        profile = self.plant.products[0].conche_kw
        filling = min(1.0, max(0.0, self.plant.fill_h - age))
        return profile[age] + self.plant.refining.power_kw * filling if age < self.length else 0.0

    def line_kw(self, t):
        """The line on without output, over the hall at rest; and for each kg/h."""
        air, plant = self.p.slots[t].air, self.plant
        cop = chiller_cop(air.temperature_c, plant.chiller)
        held = hall_load_kw(air, plant.hall, producing=True) - hall_load_kw(air, plant.hall, producing=False)
        return plant.line.power_kw + held / cop, plant.line.energy_kwh_kg + plant.line.heat_kwh_kg / cop

    def rest_kw(self, t):
        air, plant = self.p.slots[t].air, self.plant
        tanks = sum(tank.power_kw for tank in plant.tanks)
        cold = hall_load_kw(air, plant.hall, producing=False) / chiller_cop(air.temperature_c, plant.chiller)
        return plant.base_kw + tanks + cold

    # limits
    def machines(self):
        for unit in range(self.conches):
            for t in self.hours:
                here = [i for i, (u, s) in enumerate(self.begins) if u == unit and 0 <= t - s < self.length]
                self.row([(self.begin(i), 1) for i in here], -np.inf, 1)
        for t in self.hours:
            fills = [(self.begin(i), 1) for i, (_, s) in enumerate(self.begins) if 0 <= t - s < self.plant.fill_h]
            self.row(fills, -np.inf, 1)
            # a run holds the line until its pause is over
            pause = max(1, math.ceil(self.plant.line.min_off_h))
            self.row([(self.run(i), 1) for i, (a, b) in enumerate(self.runs) if a <= t <= b + pause], -np.inf, 1)

    def rates(self):
        line = self.plant.line
        for t in self.hours:
            making = [i for i, (a, b) in enumerate(self.runs) if a + line.setup_h <= t <= b]
            self.row([(self.output(t), 1)] + [(self.run(i), -line.rate_max_kg_h) for i in making], -np.inf, 0)
            self.row([(self.output(t), 1)] + [(self.run(i), -line.rate_min_kg_h) for i in making], 0, np.inf)

    def mass(self):
        tank, start = self.plant.tanks[0], self.p.stocks_kg["dark"]
        for t in self.hours:
            drawn = [(self.output(s), -1.0) for s in range(t + 1)]
            came = [
                (self.begin(i), self.plant.conches.batch_kg)
                for i, (_, s) in enumerate(self.begins)
                if s + self.length <= t
            ]
            least = start if t == self.hours[-1] else min(start, tank.heel_kg)
            self.row(came + drawn, least - start, np.inf)
            self.row(came + drawn[:-1], -np.inf, max(start, tank.capacity_kg) - start)

    def demand(self):
        good = 1 - self.plant.quality.reject_share(self.plant.hall.set_point_c)
        for t in self.hours:
            due = sum(o.kg for o in self.p.orders if (o.due - self.p.horizon.start).total_seconds() / 3600 <= t + 1)
            made = [(self.output(s), 1.0) for s in range(t + 1)]
            again = [(self.run(i), -self.plant.line.rework_kg) for i, (a, _) in enumerate(self.runs) if a + 1 <= t]
            self.row([*made, *again, (self.late(t), 1.0)], due / good, np.inf)

    def power(self):
        for t in self.hours:
            on, per_kg = self.line_kw(t)
            terms = [(self.output(t), per_kg)]
            terms += [(self.run(i), on) for i, (a, b) in enumerate(self.runs) if a <= t <= b]
            terms += [(self.begin(i), self.batch_kw(t - s)) for i, (_, s) in enumerate(self.begins) if s <= t]
            limit = self.plant.contract.contracted_kw[self.p.slots[t].period]
            self.row(terms, -np.inf, limit - self.rest_kw(t))

    def cost(self):
        price = [s.energy_eur_kwh for s in self.p.slots]
        cost = np.zeros(self.width)
        cost[-1] = sum(price[t] * self.rest_kw(t) for t in self.hours)
        for i, (_, s) in enumerate(self.begins):
            cost[self.begin(i)] = sum(price[t] * self.batch_kw(t - s) for t in self.hours if t >= s)
        for i, (a, b) in enumerate(self.runs):
            cost[self.run(i)] = self.plant.line.start_eur + sum(price[t] * self.line_kw(t)[0] for t in range(a, b + 1))
        for t in self.hours:
            cost[self.output(t)] = price[t] * self.line_kw(t)[1]
            last = OWED_H if t == self.hours[-1] else 0.0
            cost[self.late(t)] = self.plant.policy.lateness_eur_kg_h * (1 + last)
        return cost

    def cheapest(self):
        for family in (self.machines, self.rates, self.mass, self.demand, self.power):
            family()
        whole = np.zeros(self.width)
        whole[: len(self.begins) + len(self.runs)] = 1
        high = np.where(whole > 0, 1.0, np.inf)
        low = np.zeros(self.width)
        low[-1] = high[-1] = 1.0
        limits = LinearConstraint(np.array(self.rows), self.low, self.high)
        found = milp(self.cost(), integrality=whole, bounds=Bounds(low, high), constraints=limits)
        assert found.status == 0, found.message
        return found.fun


CASES = {
    "two peaks": {},
    "negative": {"prices": lambda hour: -0.1 if 5 <= hour < 9 else 0.2},
    "two orders": {"orders": (order(600, 8), order(500, 15))},
    "low contract": {"plant": with_contract(PLANT, 112)},
    "heat": {"air": lambda hour: Air(44.0 if 4 <= hour < 8 else 24.0, 40.0)},
    "late": {"orders": (order(1600, 5),)},
    "short crew": {"crew": lambda hour: hour % 8 < 5},
}


@pytest.mark.parametrize("conches", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", CASES)
def test_both_forms_find_the_same_cost(case, conches):
    usual = {"plant": PLANT, "orders": (order(900, 14),), "stocks": {"dark": 600.0}, "crew": lambda hour: True}
    given = usual | CASES[case]
    plant = given.pop("plant")
    plant = replace(plant, conches=replace(plant.conches, count=conches))
    p = problem(plant, hours=HOURS, **given)
    plan = make_plan(p, Options(gap=0.0))
    assert violations(plan) == []
    assert plan.objective_eur == pytest.approx(SecondForm(p, conches).cheapest(), abs=1e-3)
