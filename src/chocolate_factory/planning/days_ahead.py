"""The first hours of a long problem, planned as the service plans: whole, and in the light of the days after.

``first_hours`` does the same in one program, its tail relaxed: a little better and much slower, the more so the more
products there are.
"""

from __future__ import annotations

from dataclasses import replace

from chocolate_factory.domain.plan import Options, Plan, Problem
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.search.ahead import after
from chocolate_factory.planning.solve import make_plan


def days_ahead(problem: Problem, options: Options = Options()) -> Plan:  # noqa: B008  frozen, without state
    """The plan of the first ``whole_h`` hours, which looks at the problem's others.

    Where nothing keeps the limits of those, the plan looks no further than its end.
    """
    count = Frame(problem, options).slots_in(options.whole_h)
    if count >= len(problem.slots):
        return make_plan(problem, options)
    first, behind = problem.slots[:count], problem.slots[count:]
    end = first[-1].slot.end
    asked = None if problem.end_kg else problem.end_kg  # what is asked of the end is asked of the days' end
    head = replace(problem, slots=first, orders=tuple(o for o in problem.orders if o.due <= end), end_kg=asked)
    days = Problem(
        problem.plant,
        behind,
        tuple(o for o in problem.orders if o.due > end),
        stocks_kg={},
        end_kg=problem.stocks_kg if problem.end_kg is None else problem.end_kg,
    )
    return make_plan(replace(head, after=after(head, days, options)), options)
