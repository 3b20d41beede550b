"""A plan that looks further than it decides: what its last hours leave is worth what the days after would pay for it.

The days after are not planned: their cost is a convex function of what is left for them (``tail.py``), and the plan's
own program takes that function in as planes (``program/after.py``). Planes are needed only near where the plan will
end, so they are found by Kelley's cutting planes (1960) on the plan's relaxed program, and around its last answer, for
whole batches end beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from chocolate_factory.domain.plan import After, Options, Plane, Problem
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.program.after import valued
from chocolate_factory.planning.program.program import program
from chocolate_factory.planning.search.solver import solved
from chocolate_factory.planning.search.tail import Left, plane_at

#: Planes until the relaxed plan ends where they are true, to so many EUR; then they are enough.
MOST_ROUNDS, NEAR_EUR = 15, 0.05
#: How far around its end, kg either way, and as a share of a batch.
AROUND = (0.5, 1.0)
#: A relaxed program of two or three days takes tenths of a second.
LIMIT_S = 10.0


def after(problem: Problem, days: Problem, options: Options) -> After | None:
    """What the days after a problem cost by what its plan leaves; None where nothing keeps its limits or theirs.

    Args:
        days: behind the problem, begun with whatever it leaves.
    """
    alone = replace(options, fixed=(), steady=())
    at, said_eur, planes = _begun(problem), -np.inf, []
    for _ in range(MOST_ROUNDS):
        plane = _plane(days, alone, at)
        if plane is None:
            return None
        planes.append(plane)
        if plane.at(at.warm_kg, at.finished_kg) <= said_eur + NEAR_EUR:
            break
        there = _relaxed_end(replace(problem, after=After(days.horizon.end, tuple(planes))), options)
        if there is None:
            return None
        at, said_eur = there
    beside = (_plane(days, alone, end) for end in _around(problem, at))
    return After(days.horizon.end, (*planes, *(plane for plane in beside if plane is not None)))


def _begun(problem: Problem) -> Left:
    """What is there at the start."""
    names = _products(problem)
    return Left(*({name: kg.get(name, 0.0) for name in names} for kg in (problem.stocks_kg, problem.finished_kg)))


def _products(problem: Problem) -> tuple[str, ...]:
    return tuple(product.name for product in problem.plant.products)


def _plane(days: Problem, options: Options, left: Left) -> Plane | None:
    """At the end the tanks are as full as asked, or, where that cannot be, as they can be."""
    return plane_at(days, options, left) or plane_at(replace(days, end_kg={}), options, left)


def _relaxed_end(problem: Problem, options: Options) -> tuple[Left, float] | None:
    """What the plan leaves with nothing whole, and what its planes say that this costs."""
    frame, begun = Frame(problem, options), _begun(problem)
    if not frame.names:
        return begun, max(plane.at(begun.warm_kg, begun.finished_kg) for plane in frame.planes)
    found = valued(frame, program(frame, tight=False))
    x = solved(replace(found, whole=np.zeros_like(found.whole)), LIMIT_S, 0.0).x
    if x is None:
        return None
    warm = _last(x, [found.columns.of("stock", p) for p in range(len(frame.names))])
    made = _last(x, [found.columns.of("made", p) for p in range(len(frame.names))])
    done = frame.finished_kg + frame.good_share * made - frame.asked_kg[:, -1]
    # A product that the plan has nothing to do with keeps what it has.
    left = Left(begun.warm_kg | _named(frame, warm), begun.finished_kg | _named(frame, done))
    return left, float(x[-1])


def _named(frame: Frame, kg: Floats) -> dict[str, float]:
    return dict(zip(frame.names, kg.tolist(), strict=True))


def _last(x: Floats, columns: Sequence[slice]) -> Floats:
    return np.array([x[c.stop - 1] for c in columns])


def _around(problem: Problem, at: Left) -> Iterator[Left]:
    """Ends beside one: of each product a batch or half of it more and less, within the tanks."""
    plant = problem.plant
    for name in _products(problem):
        tanks = plant.tanks_of(name)
        least, most = sum(t.heel_kg for t in tanks), sum(t.capacity_kg for t in tanks)
        for kg in (sign * share * plant.conches.batch_kg for share in AROUND for sign in (-1, 1)):
            if least <= at.warm_kg[name] + kg <= most:
                yield replace(at, warm_kg={**at.warm_kg, name: at.warm_kg[name] + kg})
            if at.finished_kg[name] + kg >= 0:
                yield replace(at, finished_kg={**at.finished_kg, name: at.finished_kg[name] + kg})
