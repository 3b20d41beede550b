"""A plan run many times: what it will probably give, and where it is weakest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import Certificate, Spread
from chocolate_factory.simulation.orders import Delivery
from chocolate_factory.simulation.outcome import Outcome
from chocolate_factory.simulation.run import replicate
from chocolate_factory.simulation.world import world_of

#: Replications handed to a worker at once.
CHUNK = 25


@dataclass(frozen=True, slots=True)
class Replication:
    """What a certificate keeps of an outcome; small, because it travels between processes.

    Attributes:
        behind_h: of each late order, how many hours of work earlier it had to be planned, h.
        weakest: the batch that lost most time before the first late order was complete; None: on time, or none did.
    """

    kpis: Mapping[str, float]
    behind_h: Mapping[str, float]
    weakest: str | None


Work = Callable[[Sequence[int]], list[Replication]]
#: Runs the work on each chunk of seeds and gives the results in the chunks' order; ``adapters/parallel.py`` has others.
Mapper = Callable[[Work, Sequence[Sequence[int]]], Iterable[list[Replication]]]


def certify(plan: Plan, replications: int, seed: int, mapper: Mapper = map) -> Certificate:
    """The certificate of a plan; the same whoever does the work.

    Args:
        seed: from which every replication's own seed is derived.
        mapper: runs the chunks; by default one after another in this process.

    Raises:
        InputError: no replications, or a plan that contradicts itself.
    """
    return certificate_of(replications_of(plan, replications, seed, mapper), seed)


def replications_of(plan: Plan, replications: int, seed: int, mapper: Mapper = map) -> list[Replication]:
    """The runs behind a certificate; arguments and errors as ``certify``."""
    if replications < 1:
        raise InputError("replications", replications, "a whole number of at least 1")
    world_of(plan)  # a plan that contradicts itself is told here, not from a worker
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(replications, np.uint64)]
    chunks = [seeds[i : i + CHUNK] for i in range(0, replications, CHUNK)]
    return [r for chunk in mapper(partial(replicate_all, plan), chunks) for r in chunk]


def replicate_all(plan: Plan, seeds: Sequence[int]) -> list[Replication]:
    """One chunk of work: the plan's world once, then each seed."""
    world = world_of(plan)
    return [_kept(replicate(world, plan.problem.orders, seed)) for seed in seeds]


def _kept(outcome: Outcome) -> Replication:
    late = [d for d in outcome.deliveries if not d.on_time]
    behind_h = {d.order: _behind_h(outcome, d) for d in late}
    return Replication(outcome.kpis(), behind_h, _weakest(outcome, late[0]) if late else None)


def _behind_h(outcome: Outcome, late: Delivery) -> float:
    """The work that was lost before the order was complete, at most its delay: a night in between is no lost work.

    The line's stops add up; conches work side by side, so of their delays the longest counts.
    """
    stops_h, delays_h = _lost_before(outcome, late)
    lost_h = sum(stops_h.values()) + max(0.0, max(delays_h.values(), default=0.0))
    return lost_h if late.done_h is None else min(lost_h, late.done_h - late.due_h)


def _weakest(outcome: Outcome, late: Delivery) -> str | None:
    """Where time was lost, not who inherited it: the longest own delay among what began before the order's end."""
    stops_h, delays_h = _lost_before(outcome, late)
    lost_h = stops_h | delays_h
    worst = max(lost_h, key=lambda batch: (lost_h[batch], batch), default=None)
    return worst if worst is not None and lost_h[worst] > 0 else None


def _lost_before(outcome: Outcome, late: Delivery) -> tuple[dict[str, float], dict[str, float]]:
    """Own delays of runs of the line and of batches that began before a late order was complete, h."""
    until_h = outcome.hours if late.done_h is None else late.done_h
    began = {s.run for s in outcome.trace.line if s.start_h < until_h}
    stops_h = {run: hours for run, hours in outcome.trace.lost_h.items() if run in began}
    return stops_h, {s.batch: s.lost_h for s in outcome.trace.stays if s.start_h < until_h}


def certificate_of(kept: Sequence[Replication], seed: int) -> Certificate:
    """What these runs amount to."""
    names = [n for n in kept[0].kpis if all(n in r.kpis for r in kept)]
    late = [r for r in kept if r.behind_h]
    lateness = Counter(order for r in late for order in r.behind_h)
    culprits = Counter(r.weakest for r in late if r.weakest is not None)
    # equal counts: the first by name, so that workers cannot change it
    weakest = min(culprits, key=lambda batch: (-culprits[batch], batch), default=None)
    return Certificate(
        replications=len(kept),
        seed=seed,
        kpis={name: _spread([r.kpis[name] for r in kept]) for name in names},
        on_time_probability=(len(kept) - len(late)) / len(kept),
        order_on_time={order: (len(kept) - times) / len(kept) for order, times in sorted(lateness.items())},
        weakest_batch=weakest,
        weakest_share=culprits[weakest] / len(late) if weakest is not None else 0.0,
    )


def _spread(values: list[float]) -> Spread:
    p10, p50, p90 = (float(v) for v in np.percentile(values, (10, 50, 90)))
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Spread(float(np.mean(values)), p10, p50, p90, half)
