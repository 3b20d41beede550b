"""Steadiness: a batch of the plan in force moves only where that saves more than the plant's threshold.

The program gives ``move_eur`` for each such batch that stays: a conche's at its begin, a run of the line in exactly its
slots. What is reported, cost, bound and gap, is without that reward.

Invariants:
    A plan that moves m batches is cheaper by more than m x ``move_eur`` than the one that moves none, where the latter
    is possible; and, within the solver's gap and time, each single move saves more than ``move_eur``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chocolate_factory.domain.plan import Batch, Options, Plan, Problem, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.program.rewards import asked_to_stay
from chocolate_factory.planning.words.explain import CENT, added
from chocolate_factory.planning.words.wording import LANGUAGES, number

Planner = Callable[[Problem, Options], Plan]


# ----------------------------------------------------------------------------------------------------------- the plan
@dataclass(frozen=True)
class _Weighed:
    """A plan, what it costs (EUR, as the options weigh it), and how many steady batches it moves."""

    plan: Plan
    cost_eur: float
    moved: int

    @property
    def fits(self) -> bool:
        return self.plan.status is not Status.INFEASIBLE

    @property
    def bound_eur(self) -> float | None:
        return self.plan.solver.bound_eur


@dataclass
class _Trials:
    """Plans of one problem, each with its share of the time."""

    problem: Problem
    options: Options
    plan_by: Planner
    steady: tuple[Batch, ...]
    seconds: float = 0.0

    def weigh(self, share: float, *, fixed: Sequence[Batch] = (), move_eur: float = 0.0) -> _Weighed:
        """A plan with some batches held as well, or with a reward for those that stay."""
        limit_s, kept = self.options.time_limit_s * share, (*self.options.fixed, *fixed)
        asked = replace(self.options, fixed=kept, move_eur=move_eur, time_limit_s=limit_s)
        plan = self.plan_by(self.problem, asked)
        self.seconds += plan.solver.seconds
        return _Weighed(plan, plan.weighed_eur(self.options), len(self._gone(plan)))

    def total_eur(self, weighed: _Weighed) -> float:
        """What a plan costs with its moves."""
        return weighed.cost_eur + weighed.moved * self.options.move_eur

    def _gone(self, plan: Plan) -> list[Batch]:
        places = _places(plan)
        return [b for b in self.steady if _place(b) not in places]

    def put_back(self, best: _Weighed) -> _Weighed:
        """Each batch that moved is tried at its old place, those that stayed held: moves that do not pay are undone."""
        for batch in self._gone(best.plan):
            gone = self._gone(best.plan)
            if batch in gone:
                stays = [b for b in self.steady if b not in gone]
                tried = self.weigh(0.2 / len(self.steady), fixed=(*stays, batch))
                best = tried if tried.fits and self.total_eur(tried) < self.total_eur(best) else best
        return best


def settled(problem: Problem, options: Options, plan_by: Planner) -> Plan:
    """The plan that moves a steady batch only where it pays.

    Three plans compete: the one free to move all, the one that moves none, and, where a move could pay, the rewarded
    program's; in the best of them each move must pay for itself. Gap and bound are those of the free problem's
    objective, so what staying costs is part of the gap; the status is of the question that was asked.

    Args:
        plan_by: makes the plan of a problem and options, ``rewarded`` where ``move_eur`` is set.
    """
    trials = _Trials(problem, options, plan_by, tuple(asked_to_stay(Frame(problem, options))))
    free = trials.weigh(0.4)
    if not free.moved:
        return free.plan
    held = trials.weigh(0.1, fixed=trials.steady)
    if not free.fits:
        return held.plan if held.fits else free.plan
    pays = _may_pay(free, held, options.move_eur)
    rewarded = trials.weigh(0.3, move_eur=options.move_eur) if pays else None
    rivals = [r for r in (held, free, rewarded) if r is not None and r.fits]
    best = trials.put_back(min(rivals, key=lambda r: (trials.total_eur(r), r.moved)))
    plan = _proven(best, free, trials, _steadied_bound(free, held, rewarded, trials))
    return _told(plan, free, trials.steady)


def _place(batch: Batch) -> tuple[object, ...]:
    """What stays when a batch stays; of a run of the line the end too, of a conche's batch it follows."""
    return batch.stage, batch.product, batch.start, batch.end


def _places(plan: Plan) -> set[tuple[object, ...]]:
    return {_place(b) for b in plan.batches}


def _may_pay(free: _Weighed, held: _Weighed, move_eur: float) -> bool:
    """Whether some plan that moves may be better than the one that moves none: by the free problem's bound."""
    return not held.fits or free.bound_eur is None or held.cost_eur > free.bound_eur + move_eur


def _steadied_bound(free: _Weighed, held: _Weighed, rewarded: _Weighed | None, trials: _Trials) -> float | None:
    """No plan costs less than this with its moves: by the rewarded program, or because no move could pay."""
    eur = trials.options.move_eur
    if rewarded is not None:
        return None if rewarded.bound_eur is None else rewarded.bound_eur + len(trials.steady) * eur
    return None if held.bound_eur is None or free.bound_eur is None else min(held.bound_eur, free.bound_eur + eur)


def _proven(best: _Weighed, free: _Weighed, trials: _Trials, asked_eur: float | None) -> Plan:
    """The plan with the free problem's bound and the gap to it; optimal as the answer to the steadied question."""
    size, bound = max(abs(best.cost_eur), 1e-9), free.bound_eur
    gap = None if bound is None else max(0.0, best.cost_eur - bound) / size
    room = (trials.options.gap + 1e-6) * size
    optimal = asked_eur is not None and trials.total_eur(best) - asked_eur <= room
    solver = replace(best.plan.solver, seconds=trials.seconds, bound_eur=bound, gap=gap)
    return replace(best.plan, status=Status.OPTIMAL if optimal else Status.FEASIBLE, solver=solver)


# ----------------------------------------------------------------------------------------------------------- in words
def _told(plan: Plan, free: _Weighed, steady: Sequence[Batch]) -> Plan:
    """The plan whose kept batches say what keeping them costs.

    What all of them together cost more than the free plan is shared equally: which of several that were kept together
    is the dearer one, only planning again once for each could say.
    """
    elsewhere = {_place(b) for b in steady} - _places(free.plan)
    kept = sum(_place(b) in elsewhere for b in plan.batches)
    if not kept:
        return plan
    share = max(0.0, plan.objective_eur - free.plan.objective_eur) / kept
    batches = tuple(_kept(b, share) if _place(b) in elsewhere else b for b in plan.batches)
    return replace(plan, batches=batches)


def _kept(batch: Batch, eur: float) -> Batch:
    return replace(batch, held="steady", kept_eur=eur, reason=added(batch.reason, kept_words(eur)))


def kept_words(eur: float) -> dict[str, str]:
    """What is said of a batch that stays: by language."""
    words = {"es": "se mantiene, aunque cuesta {eur} EUR más", "en": "kept, though {eur} EUR dearer"}
    free = {"es": "se mantiene: moverla no ahorra nada", "en": "kept: moving it saves nothing"}
    return {n: words[n].format(eur=number(eur, 2, n)) if eur >= CENT else free[n] for n in LANGUAGES}
