"""Why nothing fits, or something is late: the smallest set of demands and limits that cannot hold together.

A deletion filter: each limit and each order is taken away in turn, and stays away where the rest still cannot hold.
First on the relaxed problem, which is quick and never wrong when it says no; then whole. What is left is irreducible:
without any one of them the others hold together, as far as the solver settled it in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from chocolate_factory.domain.plan import Clash, Conflict, Options, Plan, Problem, Status, WayOut
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.conflicts.late_orders import LateOrder, late_orders
from chocolate_factory.planning.conflicts.loosened import Limit, Loosened, holds, loosened, on_time_eur
from chocolate_factory.planning.conflicts.ways_out import cheapest_first, dearer, later, way_out
from chocolate_factory.planning.conflicts.words import clash_words
from chocolate_factory.planning.words.wording import LANGUAGES, kilograms

#: Conflicts that are told of one plan at most.
MOST = 3
#: Of what is left of the time, the most that one solve may take.
SHARE = 0.2
#: Euros of lateness that are none.
CENT = 0.005


def conflicts_of(problem: Problem, options: Options, plan: Plan, time_limit_s: float = 10.0) -> tuple[Conflict, ...]:
    """The conflicts of a plan that is late or infeasible, with their ways out; nothing for a plan that is neither.

    Args:
        problem, options: those that the plan was made for.
        time_limit_s: of all solves together, seconds.
    """
    search = _Search(problem, options, plan, Frame(problem, options), perf_counter() + time_limit_s)
    if plan.status is Status.INFEASIBLE:
        return tuple(search.of_limits())
    return tuple(search.of_orders()) if plan.late_eur >= CENT else ()


@dataclass
class _Search:
    """One plan's conflicts.

    Attributes:
        problem: in which orders whose lateness has been told are due when the next one is.
        told: the problem as it was asked, for the words.
        until: when time is up.
        strict: the problem with all its limits.
    """

    problem: Problem
    options: Options
    plan: Plan
    told: Frame
    until: float
    strict: Frame = field(init=False)

    def __post_init__(self) -> None:
        self.strict = Frame(self.problem, self.options)

    @property
    def _limit_s(self) -> float:
        """Of the next solve."""
        return max(0.05, SHARE * (self.until - perf_counter()))

    @property
    def _time_is_up(self) -> bool:
        return perf_counter() >= self.until

    # ------------------------------------------------------------------------------------------------------ two cases
    def of_limits(self) -> Iterator[Conflict]:
        """Nothing fits: the limits contradict each other, whatever is asked for."""
        orders = frozenset(Limit("order", o.id) for o in self.problem.orders)
        core = self._core([], orders)
        yield self._conflict(core, orders, ()) if core else _unsettled()

    def of_orders(self) -> Iterator[Conflict]:
        """Something is late: one conflict after another, the orders of those before being asked for later."""
        late = {Limit("order", o.order.id): o for o in late_orders(self.plan, self.strict)}
        search, left = self, dict(late)
        yield from _arrears(self.problem)
        for _ in range(MOST):
            if not left:
                return
            core = None if self._time_is_up else search._core(_orders(search.strict, late), frozenset())
            if core is None:
                yield search._by_choice(list(left.values()), sum(o.eur for o in late.values()))
                return
            mine = [limit for limit in left if limit in core]
            others = frozenset(left) - set(mine)
            yield search._conflict(core, others, [left[limit] for limit in mine])
            put_off = mine or [limit for limit in core if limit.what == "order"]
            left = {limit: order for limit, order in left.items() if limit not in put_off}
            search = replace(search, problem=_put_off(search.problem, {limit.which for limit in put_off}))

    # ------------------------------------------------------------------------------------------------------- the core
    def _core(self, orders: Sequence[Limit], given_up: frozenset[Limit]) -> tuple[Limit, ...] | None:
        """An irreducible set of limits and orders that cannot hold together; None where all can, or nobody knows."""
        left = members = (*_limits(self.strict), *orders)
        if self._clash(left, members, given_up, whole=False):
            left = self._filtered(left, members, given_up, whole=False)
        elif not self._clash(left, members, given_up, whole=True):
            return None
        return self._filtered(left, members, given_up, whole=True)

    def _filtered(
        self, core: tuple[Limit, ...], members: Sequence[Limit], given_up: frozenset[Limit], *, whole: bool
    ) -> tuple[Limit, ...]:
        for member in core:
            without = tuple(m for m in core if m != member)
            if not self._time_is_up and self._clash(without, members, given_up, whole=whole):
                core = without
        return core

    def _clash(
        self, kept: Sequence[Limit], members: Sequence[Limit], given_up: frozenset[Limit], *, whole: bool
    ) -> bool:
        """Whether these cannot hold together, all others taken away; what is not settled in time does not count."""
        loose = given_up | {m for m in members if m not in kept}
        return holds(self._without(loose), self._limit_s, whole=whole) is False

    def _without(self, loose: frozenset[Limit]) -> Loosened:
        return loosened(self.problem, self.options, loose)

    # ---------------------------------------------------------------------------------------------------- the conflict
    def _conflict(self, core: Sequence[Limit], given_up: frozenset[Limit], late: Sequence[LateOrder]) -> Conflict:
        demands_first = sorted(core, key=lambda c: c.what not in {"order", "held"})
        clashes = (Clash(c.what, {n: clash_words(c, self.told, n) for n in LANGUAGES}) for c in demands_first)
        ways = [*later(late), *self._ways_out(core, given_up)]
        return Conflict(tuple(clashes), cheapest_first(ways))

    def _ways_out(self, core: Sequence[Limit], given_up: frozenset[Limit]) -> Iterator[WayOut]:
        for limit in core:
            left_s = self.until - perf_counter()
            found = way_out(limit, self.strict, given_up, left_s / 2) if left_s > 0 else None
            if found is not None:
                yield found

    def _by_choice(self, left: Sequence[LateOrder], late_eur: float) -> Conflict:
        """All limits hold together, or nobody could tell: late because that is cheaper, or for want of time.

        Args:
            late_eur: what all late orders of the plan cost.
        """
        limit_s = (self.until - perf_counter()) / 2
        on_time = on_time_eur(self._without(frozenset()), limit_s) if limit_s > 0 else None
        orders = [Limit("order", o.order.id) for o in left]
        clashes = [Clash("order", {n: clash_words(limit, self.told, n) for n in LANGUAGES}) for limit in orders]
        if on_time is None:
            return Conflict((*clashes, _NO_TIME), tuple(later(left)))
        more_eur = on_time - (self.plan.weighed_eur(self.options) - late_eur)
        if more_eur <= 0:
            return Conflict((*clashes, _NOT_FOUND), tuple(later(left)))
        return Conflict((*clashes, _DEARER), cheapest_first([*later(left), dearer(more_eur)]))


# ------------------------------------------------------------------------------------------------------------- members
def _limits(frame: Frame) -> list[Limit]:
    """The limits that a problem has, those first that people would rather not hear of where others explain as well."""
    found = [Limit("refining")]
    found += [Limit(what, name) for name in frame.names for what in ("end", "tank")]
    found += [Limit("night")] if not frame.options.night_work else []
    found += [Limit("line")] + [Limit("mass", name) for name in frame.names]
    found += [Limit("contract"), *([Limit("peak")] if frame.options.peak_kw is not None else [])]
    found += [Limit("hall")] if not frame.hall.all() else []
    found += [Limit("conches")] + ([Limit("crew")] if not frame.crew.all() else [])
    found += [Limit("quiet")] if frame.quiet.any() else []
    now = frame.problem.now
    return found + [Limit("held", b.id) for b in frame.options.fixed if now is None or b.start >= now]


def _orders(frame: Frame, late: dict[Limit, LateOrder]) -> list[Limit]:
    """The orders due inside the horizon, the late ones last."""
    due = [Limit("order", o.id) for o in frame.problem.orders if o.due <= frame.problem.horizon.end]
    return sorted(due, key=lambda limit: limit in late)


def _put_off(problem: Problem, told: set[str]) -> Problem:
    """The problem with some orders asked for when the next of their product is due; after the last one, not at all."""
    return replace(problem, orders=tuple(_later(o, problem, told) if o.id in told else o for o in problem.orders))


def _later(order: Order, problem: Problem, told: set[str]) -> Order:
    same = (o for o in problem.orders if o.product == order.product and o.id not in told)
    due = [o.due for o in same if order.due < o.due <= problem.horizon.end]
    return replace(order, due=min(due)) if due else replace(order, kg=0.0)


# ---------------------------------------------------------------------------------------------------------- what else
_DEARER = Clash(
    "cost",
    {
        "es": "A tiempo cabría, pero cuesta más que el retraso",
        "en": "On time would fit, but costs more than being late",
    },
)
_NOT_FOUND = Clash(
    "time",
    {
        "es": "A tiempo cabría: no se encontró en el tiempo de cálculo, se puede calcular otra vez con más",
        "en": "On time would fit: it was not found in the solver's time, it may be planned again with more",
    },
)
_NO_TIME = Clash(
    "time",
    {
        "es": "No dio tiempo a saber si cabe a tiempo: se puede calcular otra vez con más tiempo",
        "en": "There was no time to find out whether it fits in time: it may be planned again with more",
    },
)


def _unsettled() -> Conflict:
    """The planner found nothing, and the limits do not contradict each other as far as known."""
    return Conflict((_NO_TIME,), ())


def _arrears(problem: Problem) -> Iterator[Conflict]:
    """What was due before the horizon: late whatever is done."""
    for name, kg in sorted(problem.finished_kg.items()):
        if kg < 0:
            text = {
                "es": f"{kilograms(-kg, 'es')} de {name} ya debían estar",
                "en": f"{kilograms(-kg, 'en')} of {name} were due before",
            }
            yield Conflict((Clash("arrears", text),), ())
