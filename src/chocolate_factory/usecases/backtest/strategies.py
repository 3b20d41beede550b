"""Who decides: what each strategy sees of the future, how far it looks, and how it makes a plan of a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chocolate_factory.domain.plan import Batch, Options, Plan, Problem, Status
from chocolate_factory.planning.baselines import cheapest_hours, compact_block, constant_rate
from chocolate_factory.planning.carry import good_by_slot
from chocolate_factory.planning.days_ahead import days_ahead
from chocolate_factory.planning.first_hours import first_hours
from chocolate_factory.simulation.orders import TOLERANCE
from chocolate_factory.usecases.backtest.sight import BLIND, Eyes

#: How far the future counts, h; for the ablation, further than prices are forecast.
HORIZON_H = 168
LONGER_H = 240
#: As far as the service decides; what lies behind is only looked at.
DECIDED_H = 48
#: A solve ends at this gap, per unit; the limit in seconds is so far off that it ends none.
GAP = 0.003
LIMIT_S = 300.0


class Rule(Protocol):
    """Plans without options; a function."""

    __name__: str

    def __call__(self, problem: Problem, /) -> Plan: ...  # noqa: D102  as above


class Decide(Protocol):
    """Plans a problem; a function, or what looks like one."""

    @property
    def __name__(self) -> str: ...

    def __call__(self, problem: Problem, options: Options, /) -> Plan: ...  # noqa: D102  as above


@dataclass(frozen=True)
class ByRule:
    """A rule knows no options."""

    rule: Rule

    @property
    def __name__(self) -> str:
        """As a function's."""
        return self.rule.__name__

    def __call__(self, problem: Problem, _options: Options) -> Plan:
        """Its plan."""
        return self.rule(problem)


@dataclass(frozen=True)
class Strategy:
    """One way to run the plant.

    Attributes:
        steady: whether a batch that yesterday's plan has for today moves only for more than the plant's threshold.
        cautious: whether prices that are not published count dearer than expected, by the plant's policy.
    """

    name: str
    decide: Decide
    eyes: Eyes = BLIND
    hours: int = HORIZON_H
    steady: bool = False
    cautious: bool = False

    @property
    def definition(self) -> str:
        """All that tells it from another one, in one line."""
        manner = f"steady {self.steady}, cautious {self.cautious}"
        return f"{self.name}: {self.decide.__name__} of {self.hours} h, {self.eyes}, {manner}"

    def plan(self, problem: Problem, announced: tuple[Batch, ...], until: datetime) -> Plan:
        """What it decides; a delivery before ``until`` is kept before a tank is as full as asked.

        Args:
            announced: what yesterday's plan has for the day.
            until: the end of what is committed.
        """
        policy = problem.plant.policy
        options = Options(
            time_limit_s=LIMIT_S,
            gap=GAP,
            whole_h=DECIDED_H,
            steady=announced,
            move_eur=policy.move_threshold_eur if self.steady else 0.0,
            caution_eur_mwh=policy.caution_eur_mwh if self.cautious else 0.0,
        )
        asked = self.decide(problem, options)
        if asked.status is not Status.INFEASIBLE and late_kg(asked, until) <= 0:
            return asked
        eased = self.decide(replace(problem, end_kg={}), options)
        fitting = [plan for plan in (asked, eased) if plan.status is not Status.INFEASIBLE]
        return min(fitting, key=lambda plan: round(late_kg(plan, until), 1)) if fitting else compact_block(problem)


def late_kg(plan: Plan, until: datetime) -> float:
    """What a plan itself leaves undelivered of the orders due by a moment; less than a delivery's tolerance is none."""
    problem, slots = plan.problem, sum(s.input.slot.end <= until for s in plan.slots)
    total = 0.0
    for product in {order.product for order in problem.orders}:
        due = sum(o.kg for o in problem.orders if o.product == product and o.due <= until)
        there = problem.finished_kg.get(product, 0.0) + sum(good_by_slot(plan, product)[:slots])
        total += max(0.0, due * (1 - TOLERANCE) - there)
    return total


CONSTANT_RATE = Strategy("constant_rate", ByRule(constant_rate))
BASELINE = Strategy("baseline", ByRule(compact_block))
CHEAPEST_HOURS = Strategy("cheapest_hours", ByRule(cheapest_hours))
PLANNER = Strategy("planner", days_ahead, steady=True, cautious=True)
CLAIRVOYANT = Strategy("clairvoyant", first_hours, Eyes(prices=True, weather=True))
STRATEGIES = (CONSTANT_RATE, BASELINE, CHEAPEST_HOURS, PLANNER, CLAIRVOYANT)

#: The planner with one thing changed, each alone: what holds it below the clairvoyant, then what it would lose.
ABLATIONS = (
    replace(PLANNER, name="true_prices", eyes=Eyes(prices=True)),
    replace(PLANNER, name="true_weather", eyes=Eyes(weather=True)),
    replace(PLANNER, name="longer_horizon", hours=LONGER_H),
    replace(PLANNER, name="no_stability", steady=False),
    replace(PLANNER, name="no_caution", cautious=False),
    replace(PLANNER, name="in_one_piece", decide=first_hours),
    replace(PLANNER, name="two_days", hours=DECIDED_H),
)
