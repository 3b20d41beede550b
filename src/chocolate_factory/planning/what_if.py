"""What if a batch stood elsewhere: it is held there, everything else is planned again around it, and costs compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plan import Batch, Options, Plan, Problem, Status
from chocolate_factory.domain.plan_record import Move
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.conflicts.core import conflicts_of
from chocolate_factory.planning.elsewhere import begun_at, held_there
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.planning.words.wording import LANGUAGES, listed, number


def moved(problem: Problem, options: Options, plan: Plan, batch_id: str, start: datetime) -> Move:
    """What it costs to begin a batch at another moment: energy, starts, lateness and the days after.

    Both plans are within the solver's gap, so a little less than nothing may come out.

    Args:
        problem, options: those that the plan was made for; what is fixed in them stays, but for the batch itself, and
            the plan's other batches move with it only for more than ``move_eur`` each.
        start: a slot's start inside the horizon.

    Raises:
        NotFoundError: the plan has no such batch.
        InputError: no slot of the horizon begins at ``start``.
    """
    batch = _found(plan, batch_id)
    _check(problem, start)
    there = begun_at(batch, start)
    barred = _barred(problem, batch, there)
    if barred is not None:
        return Move(None, feasible=False, reason=barred)
    if start == batch.start:
        return Move(0.0, feasible=True, reason={"es": "Ya está ahí.", "en": "It is there already."})
    return _planned(problem, held_there(options, plan, batch, there), plan, there)


def _found(plan: Plan, batch_id: str) -> Batch:
    for batch in plan.batches:
        if batch.id == batch_id:
            return batch
    raise NotFoundError("batch_id", batch_id, f"one of {', '.join(b.id for b in plan.batches) or 'none: it rests'}")


def _check(problem: Problem, start: datetime) -> None:
    if not any(s.slot.start == start for s in problem.slots):
        window = f"{isoformat_madrid(problem.horizon.start)} and before {isoformat_madrid(problem.horizon.end)}"
        every = f"{60 * problem.step_h:g} minutes"
        raise InputError("start", isoformat_madrid(start), f"a slot's start, every {every} from {window}")


def _barred(problem: Problem, batch: Batch, there: Batch) -> dict[str, str] | None:
    """Why a batch cannot be there whatever else is done."""
    if problem.now is not None and min(batch.start, there.start) < problem.now:
        return {"es": "No se puede: ese momento ya ha pasado.", "en": "Not possible: that moment has passed."}
    if there.end > problem.horizon.end:
        return {"es": "No cabe: acabaría después del plan.", "en": "It does not fit: it would end after the plan."}
    return None


def _planned(problem: Problem, options: Options, plan: Plan, there: Batch) -> Move:
    again = make_plan(problem, options)
    if again.status is Status.INFEASIBLE:
        return Move(None, feasible=False, reason=_why_not(problem, options, again, there))
    return Move(again.objective_eur - plan.objective_eur, feasible=True, reason=_made_of(plan, again))


# -------------------------------------------------------------------------------------------------------------- words
def _why_not(problem: Problem, options: Options, again: Plan, there: Batch) -> dict[str, str]:
    """The demands and limits that the batch cannot hold together with."""
    found = conflicts_of(problem, options, again)
    clashes = [c for conflict in found for c in conflict.clashes if there.id not in c.text["en"]]
    if not clashes:
        return {"es": "No cabe ahí.", "en": "It does not fit there."}
    return {
        "es": f"No cabe ahí: {listed([c.text['es'] for c in clashes], 'es')}.",
        "en": f"It does not fit there: {listed([c.text['en'] for c in clashes], 'en')}.",
    }


def _made_of(plan: Plan, again: Plan) -> dict[str, str]:
    """What the difference is made of, and how many other batches go along."""
    pairs = ((p.cost_eur, p.starts_eur, p.late_eur, p.after_eur) for p in (again, plan))
    eur = [there - here for there, here in zip(*pairs, strict=True)]
    eur = eur if plan.problem.after is not None else eur[:-1]
    places = {(b.stage, b.product, b.start) for b in plan.batches}
    others = max(0, sum((b.stage, b.product, b.start) not in places for b in again.batches) - 1)
    return {n: _parts(eur, n) + _ALONG[n].format(others=others) for n in LANGUAGES}


_PARTS = {
    "es": ("Energía", "arranques", "retraso", "días siguientes"),
    "en": ("Energy", "starts", "lateness", "the days after"),
}
_ALONG = {"es": "; otras tandas que se mueven: {others}.", "en": "; other batches that move: {others}."}


def _parts(eur: Sequence[float], language: str) -> str:
    pairs = zip(_PARTS[language], eur, strict=False)  # the last only where the plan looks ahead
    return ", ".join(f"{part} {number(change, 2, language, sign=True)} EUR" for part, change in pairs)
