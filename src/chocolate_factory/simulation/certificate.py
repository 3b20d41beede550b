"""A plan run many times: what it will probably give, and where it is weakest."""

from __future__ import annotations

import math
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import Certificate, Spread
from chocolate_factory.simulation.outcome import Outcome
from chocolate_factory.simulation.run import replicate
from chocolate_factory.simulation.world import world_of

#: Replications handed to a worker at once.
CHUNK = 25


@dataclass(frozen=True, slots=True)
class Replication:
    """What a certificate keeps of an outcome; small, because it travels between processes.

    Attributes:
        late: ids of late orders.
        weakest: the batch that lost most time before the first late order was complete; None: on time, or none did.
    """

    kpis: Mapping[str, float]
    late: tuple[str, ...]
    weakest: str | None


Work = Callable[[Sequence[int]], list[Replication]]
#: Runs the work on each chunk of seeds and gives the results in the chunks' order: the seam for joblib or Dask.
Mapper = Callable[[Work, Sequence[Sequence[int]]], Iterable[list[Replication]]]


def certify(plan: Plan, replications: int, seed: int, workers: int = 1, mapper: Mapper | None = None) -> Certificate:
    """The certificate of a plan; the same whatever the number of workers.

    Args:
        seed: from which every replication's own seed is derived.
        workers: processes; 1 runs in this one.
        mapper: runs the chunks instead of a pool of ``workers``.

    Raises:
        InputError: no replications or no workers, or a plan that contradicts itself.
    """
    for name, number in (("replications", replications), ("workers", workers)):
        if number < 1:
            raise InputError(name, number, "a whole number of at least 1")
    world_of(plan)  # a plan that contradicts itself is told here, not from a worker
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(replications, np.uint64)]
    chunks = [seeds[i : i + CHUNK] for i in range(0, replications, CHUNK)]
    run_all = mapper or (_pool(workers) if workers > 1 else map)
    return _certificate([r for chunk in run_all(partial(replicate_all, plan), chunks) for r in chunk], seed)


def replicate_all(plan: Plan, seeds: Sequence[int]) -> list[Replication]:
    """One chunk of work: the plan's world once, then each seed."""
    world = world_of(plan)
    return [_kept(replicate(world, plan.problem.orders, seed)) for seed in seeds]


def _pool(workers: int) -> Mapper:
    def run_all(work: Work, chunks: Sequence[Sequence[int]]) -> Iterable[list[Replication]]:
        # spawned: a fork of a service with threads may hang
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(chunks)), mp_context=context) as pool:
            return list(pool.map(work, chunks))

    return run_all


def _kept(outcome: Outcome) -> Replication:
    late = tuple(d.order for d in outcome.deliveries if not d.on_time)
    return Replication(outcome.kpis(), late, _weakest(outcome) if late else None)


def _weakest(outcome: Outcome) -> str | None:
    """Where time was lost, not who inherited it: the longest own delay among what began before the late order's end."""
    first = next(d for d in outcome.deliveries if not d.on_time)
    until_h = outcome.hours if first.done_h is None else first.done_h
    began = {s.run for s in outcome.trace.line if s.start_h < until_h}
    lost_h = {run: hours for run, hours in outcome.trace.lost_h.items() if run in began}
    lost_h |= {s.batch: s.lost_h for s in outcome.trace.stays if s.start_h < until_h}
    worst = max(lost_h, key=lambda batch: (lost_h[batch], batch), default=None)
    return worst if worst is not None and lost_h[worst] > 0 else None


def _certificate(kept: list[Replication], seed: int) -> Certificate:
    names = [n for n in kept[0].kpis if all(n in r.kpis for r in kept)]
    late = [r for r in kept if r.late]
    lateness = Counter(order for r in late for order in r.late)
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
