"""One sentence why a batch stands where it does: the price there, what an hour either way costs, what holds it.

The comparison moves this batch alone, with the power that it takes, over the prices; nothing is solved again.
"""

from __future__ import annotations

import numpy as np

from chocolate_factory.planning.frame import Floats, Frame

BINDS = {
    "crew": ("las horas de personal", "crew hours"),
    "hall": ("el frío de la sala", "the cold of the hall"),
    "contract": ("la potencia contratada", "the contracted power"),
    "rest": ("los depósitos, los pedidos o las demás tandas", "tanks, orders or the other batches"),
}


def reason_of(frame: Frame, stage: str, product: int, slot: int, kw: Floats, spare_kw: Floats) -> dict[str, str]:
    """The sentence by language.

    Args:
        kw: what the batch takes in each of its slots.
        spare_kw: what each slot's contract leaves in the plan.
    """
    here = _mean_price(frame, slot, kw)
    hour = frame.slots_in(1)
    moves = {by: _move_eur(frame, slot, by, kw) for by in (-hour, hour)}
    better = [by for by, eur in moves.items() if eur is not None and eur < -0.005]
    held = {by: _holds(frame, stage, product, slot + by, kw, _without(spare_kw, slot, kw)) for by in better}
    return {
        "es": f"A {_number(here, 4, ',')} EUR/kWh; {_spanish(moves[-hour], moves[hour])}{_held(held, 0)}.",
        "en": f"At {_number(here, 4, '.')} EUR/kWh; {_english(moves[-hour], moves[hour])}{_held(held, 1)}.",
    }


def _mean_price(frame: Frame, slot: int, kw: Floats) -> float:
    """EUR/kWh of what the batch takes."""
    prices = frame.price[slot : slot + kw.size]
    return float(np.average(prices, weights=kw)) if kw.any() else float(prices.mean())


def _move_eur(frame: Frame, slot: int, by: int, kw: Floats) -> float | None:
    """What the batch costs more at ``by`` slots later; None outside the horizon."""
    if slot + by < 0 or slot + by + kw.size > frame.count:
        return None
    there = frame.price[slot + by : slot + by + kw.size]
    return float((there - frame.price[slot : slot + kw.size]) @ kw) * frame.step


def _without(spare_kw: Floats, slot: int, kw: Floats) -> Floats:
    """What the contract leaves with the batch taken out."""
    spare = spare_kw.copy()
    spare[slot : slot + kw.size] += kw
    return spare


def _holds(frame: Frame, stage: str, product: int, slot: int, kw: Floats, spare_kw: Floats) -> str:
    """What keeps the batch from a slot that is cheaper."""
    window = slice(slot, slot + kw.size)
    if stage == "line" and not frame.crew[window].all():
        return "crew"
    if stage == "line" and not frame.hall[window].all():
        return "hall"
    if stage == "conche" and not frame.may_fill[product, slot]:
        return "crew"
    return "contract" if np.any(kw > spare_kw[window] + 1e-6) else "rest"


def _held(held: dict[int, str], language: int) -> str:
    names = sorted({BINDS[what][language] for what in held.values()})
    if not names:
        return ""
    return f"; {('no se mueve por', 'held by')[language]} {(' y ', ' and ')[language].join(names)}"


def _spanish(earlier: float | None, later: float | None) -> str:
    return f"una hora antes {_change(earlier, 'fuera del horizonte', ',')}, después {_change(later, 'fuera', ',')}"


def _english(earlier: float | None, later: float | None) -> str:
    return f"an hour earlier {_change(earlier, 'lies outside', '.')}, later {_change(later, 'outside', '.')}"


def _change(eur: float | None, outside: str, mark: str) -> str:
    return outside if eur is None else f"{_number(eur, 2, mark, sign=True)} EUR"


def _number(value: float, digits: int, mark: str, *, sign: bool = False) -> str:
    rounded = round(value, digits) + 0.0  # no minus before a zero
    text = f"{rounded:+.{digits}f}" if sign else f"{rounded:.{digits}f}"
    return text.replace(".", mark)
