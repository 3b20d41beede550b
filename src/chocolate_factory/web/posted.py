"""A posted problem as the planner's task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plan import Problem
from chocolate_factory.domain.plan_record import PlanTask
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import Interval, Resolution, floor, parse_moment
from chocolate_factory.usecases.plan_options import options_of
from chocolate_factory.usecases.problem import problem_of
from chocolate_factory.usecases.situation import Pace
from chocolate_factory.web.plan_requests import OrderIn, PlanIn


def task_of(asked: PlanIn, plant: Plant, pace: Pace) -> tuple[PlanTask, list[str]]:
    """The task, and what was assumed for it.

    Raises:
        InputError: naming the field.
    """
    begin = floor(parse_moment(asked.start, "start"), Resolution.HOUR)
    window = Interval(begin, begin + timedelta(hours=asked.hours))
    spot = {_moment(p.start): p.price_eur_mwh for p in asked.prices}
    air = {floor(_moment(a.start), Resolution.HOUR): Air(a.temperature_c, a.humidity_pct) for a in asked.weather}
    orders = None if asked.demand is None else tuple(_orders(asked.demand, plant))
    problem, notes = problem_of(plant, window, Resolution(asked.resolution_minutes), spot, air, orders)
    wishes = asked.options.model_dump()
    options, assumed = options_of(**wishes, time_limit_s=pace.time_limit_s, gap=pace.gap)
    return PlanTask(_stocked(problem, asked.stocks_kg), options), [*notes, *assumed]


def _moment(text: str) -> datetime:
    return parse_moment(text, "start")


def _orders(asked: list[OrderIn], plant: Plant) -> Iterator[Order]:
    for i, order in enumerate(asked, 1):
        try:
            plant.product(order.product)
        except NotFoundError as e:  # the address is right, the body is not
            raise InputError(e.field, e.value, e.allowed) from e
        yield Order(f"order-{i}", order.product, order.kg, parse_moment(order.due, "due"))


def _stocked(problem: Problem, tanks_kg: dict[str, float] | None) -> Problem:
    """The problem begun with these tanks; one that is not named keeps what the plant file says."""
    if tanks_kg is None:
        return problem
    plant = problem.plant
    room = {tank.name: tank.capacity_kg for tank in plant.tanks}
    for name, kg in tanks_kg.items():
        if name not in room:
            raise InputError("stocks_kg", name, f"the tanks are {', '.join(room)}")
        if kg > room[name]:
            raise InputError(f"stocks_kg.{name}", kg, f"at most {room[name]:g} kg")
    held = {**plant.stocks.tanks_kg, **tanks_kg}
    stocks = {p.name: sum(held[tank.name] for tank in plant.tanks_of(p.name)) for p in plant.products}
    return replace(problem, stocks_kg=stocks)
