"""What a plan saves against another way to run the same plant: on energy, for the same chocolate.

Two plans seldom make the same kilograms to the last one. What both make is compared as it is; what one of them makes
more is valued at what it costs the reference to make such a kilogram, so that neither making less nor making more looks
like a saving. What the plant takes at rest is the same in both and drops out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chocolate_factory.domain.plan import Options, Plan
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.sums import dot

#: Beyond this share of the reference's output two plans are too different to be compared, unless the plan looks further
#: than its end: then it does the work of the days after at once, or leaves its own to them.
COMPARABLE = 0.25


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy of a plan by what causes it: at rest, conches (their fills with them), line; EUR and kg."""

    rest_eur: float
    conche_eur: float
    conche_kg: float
    line_eur: float
    line_kg: float


def cost_of(plan: Plan) -> Cost:
    """Energy by cause, at the plan's own prices."""
    frame = Frame(replace(plan.problem, now=None), Options(fixed=plan.batches))
    prices = np.array([s.energy_eur_kwh for s in plan.problem.slots]) * frame.step
    rest = dot(frame.fixed_kw, prices)
    conches = [b for b in plan.batches if b.stage == "conche"]
    conche = sum(_conche_eur(frame, b.product, frame.slot_of(b), prices) for b in conches)
    return Cost(rest, conche, sum(b.kg for b in conches), plan.cost_eur - rest - conche, plan.kg)


def _conche_eur(frame: Frame, product: str, slot: int, prices: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    profile = frame.conche_kw[frame.names.index(product)][: frame.count - slot]
    return dot(profile, prices[slot : slot + profile.size])


def saving_eur(plan: Plan, reference: Plan) -> float | None:
    """What the plan's energy costs less than the reference's for what the plan makes, EUR.

    None where the reference makes nothing of a kind that the plan makes, or the two are too different to compare.
    """
    ours, theirs = cost_of(plan), cost_of(reference)
    apart = plan.problem.after is None and abs(ours.line_kg - theirs.line_kg) > COMPARABLE * theirs.line_kg
    if theirs.line_kg <= 0 or apart:
        return None
    if theirs.conche_kg <= 0 < ours.conche_kg:
        return None
    conche_more_kg, line_more_kg = ours.conche_kg - theirs.conche_kg, ours.line_kg - theirs.line_kg
    conche_more_eur = conche_more_kg * theirs.conche_eur / theirs.conche_kg if theirs.conche_kg else 0.0
    line_more_eur = line_more_kg * theirs.line_eur / theirs.line_kg
    return theirs.rest_eur + theirs.conche_eur + theirs.line_eur + conche_more_eur + line_more_eur - plan.cost_eur
