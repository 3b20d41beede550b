"""One replication of a plan in the plant: SimPy moves mass and people, the ledger then integrates power."""

from __future__ import annotations

import simpy

from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plant import Order
from chocolate_factory.simulation.chance import Chance, Luck
from chocolate_factory.simulation.conches import ConcheHouse
from chocolate_factory.simulation.indicators import metered, oee
from chocolate_factory.simulation.ledger import account
from chocolate_factory.simulation.line import LineCrew
from chocolate_factory.simulation.orders import deliveries
from chocolate_factory.simulation.outcome import Outcome
from chocolate_factory.simulation.tanks import Tanks
from chocolate_factory.simulation.trace import Trace
from chocolate_factory.simulation.world import TINY_H, World, world_of


def run(plan: Plan, seed: int, *, random: bool = True) -> Outcome:
    """What the plan does in the plant.

    Args:
        seed: of all chance; the same seed gives the same outcome.
        random: False for a run in which everything goes as planned.

    Raises:
        InputError: a run's kg are not what its slots make, or it names a product that the plant has not.
    """
    world = world_of(plan)
    return replicate(world, plan.problem.orders, seed, random=random)


def replicate(world: World, orders: tuple[Order, ...], seed: int, *, random: bool = True) -> Outcome:
    """One replication in a world that is prepared."""
    chance = Luck(world.plant.failures, seed) if random else Chance()
    trace = Trace()
    stock_change_kg = _play(world, chance, trace)
    ledger = account(trace, world)
    output = ledger.output
    return Outcome(
        seed=seed,
        epoch=world.epoch,
        hours=world.hours,
        good_kg=float(output.good_kg.sum()),
        reject_kg=float(output.reject_kg.sum()),
        rework_kg=float(output.rework_kg.sum()),
        conched_kg=trace.conched_kg,
        stock_change_kg=stock_change_kg,
        starts=trace.starts,
        oee=oee(trace, world, output),
        meter=metered(ledger, world),
        deliveries=deliveries(orders, output, world),
        trace=trace,
        ledger=ledger,
    )


def _play(world: World, chance: Chance, trace: Trace) -> float:
    """Fills the trace; returns the change of stock, kg."""
    env = simpy.Environment()
    tanks = Tanks(env, world, trace)
    before_kg = tanks.total_kg()
    env.process(ConcheHouse(env, world, tanks, chance, trace).work())
    env.process(LineCrew(env, world, tanks, chance, trace).work())
    # a hair past the end, so that what ends with the horizon is in the trace
    env.run(until=world.hours + TINY_H)
    return tanks.total_kg() - before_kg
