"""What a plan is measured against: four ways to run the plant without looking at prices, or barely.

They keep every limit that the planner keeps, the contracted power too: so they are also what is run when a solver has
nothing in time, and a plan can never be dearer than they are.
"""

from __future__ import annotations

from dataclasses import replace

from chocolate_factory.domain.plan import Options, Plan, Problem, Solved, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.plans import no_plan, plan_of
from chocolate_factory.planning.search import rules
from chocolate_factory.planning.search.cheapest import cheapest_windows
from chocolate_factory.planning.search.rules import B1, B3, CHEAPEST, schedule_by
from chocolate_factory.planning.search.walk import Rule


def constant_rate(problem: Problem) -> Plan:
    """B1: the line on through the crew's hours, the day's output spread evenly, be it below the line's least rate."""
    return _by_rule(B1, problem)


def compact_block(problem: Problem) -> Plan:
    """B2, the declared baseline: one compact block from the crew's first hour (06:00), blind to price."""
    return _by_rule(rules.B2, problem)


def fixed_block(problem: Problem) -> Plan:
    """B3, the sensible person's rule: line and fills from 12 to 18 o'clock, whatever the day's prices."""
    return _by_rule(B3, problem)


def cheapest_hours(problem: Problem) -> Plan:
    """The sensible person: each day the six cheapest attended hours in a row where its prices are out, else B3."""
    frame = Frame(replace(problem, now=None, done_kg={}), Options())
    return _by_rule(replace(CHEAPEST, windows=cheapest_windows(frame)), problem)


def _by_rule(rule: Rule, problem: Problem) -> Plan:
    frame = Frame(replace(problem, now=None, done_kg={}), Options())
    solver = Solved(rule.name, None, 0.0, None)
    schedule = schedule_by(rule, frame)
    if schedule is None:
        return no_plan(frame, solver, f"{rule.name}: no schedule of this rule keeps every limit")
    return plan_of(frame, schedule, Status.FEASIBLE, solver, rule.name)
