"""Which readings of a meter are taken: this plant's, of the past, in kWh, each slot once.

A unit is judged by what the plant can take, whatever the column is called: a file that is in another one is refused
whole, for a part of it would look plausible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from chocolate_factory.domain.metering import LineError, Reading, Refusal
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import Air, load
from chocolate_factory.domain.time import isoformat_madrid

#: A CUPS without the two letters of its measuring point, which some write and some leave out.
CUPS_LENGTH: Final = 20
#: What a meter shows may be so much more than all machines at work on a hot day, or than the contract.
MARGIN: Final = 1.5
HOT: Final = Air(45.0, 30.0)
#: A file of which more lines than this are beyond that is in another unit; fewer are faults of their own.
OTHER_UNIT: Final = 0.05
#: Half the lines below this share of what the plant takes at rest: the file is in MWh.
NEXT_TO_NOTHING: Final = 1 / 200


@dataclass(frozen=True, slots=True)
class Plausible:
    """What the plant's meter may show.

    Attributes:
        most_kw: no mean power is above.
        rest_kw: what the plant takes when nothing is made.
        supply: its CUPS; empty where the plant's file names none.
    """

    most_kw: float
    rest_kw: float
    supply: str


def plausible(plant: Plant) -> Plausible:
    """By the plant's file."""
    conching_kw = plant.conches.count * max(max(p.conche_kw) for p in plant.products)
    at_work = load(
        plant, HOT, conching_kw=conching_kw, filling=True, line_on=True, rate_kg_h=plant.line.rate_max_kg_h
    ).total_kw
    most = MARGIN * max(at_work, *plant.contract.contracted_kw.values())
    return Plausible(most, plant.base_kw + plant.tanks_kw, plant.contract.cups)


def judged(readings: Sequence[Reading], known: Plausible, now: datetime) -> tuple[list[Reading], list[Refusal]]:
    """The readings that are taken, and why the others are not."""
    refusals: list[Refusal] = []
    left = list(readings)
    for verdicts in (_of_supply, _of_time, _of_unit, _of_energy, _of_doubles):
        wrong = dict(verdicts(left, known, now))
        refusals += [error.at(line) for line, error in wrong.items()]
        left = [r for r in left if r.line not in wrong]
    return left, refusals


#: A line's number, and what is wrong with it.
Verdict = tuple[int, LineError]


# ---------------------------------------------------------------------------------------------------- whose, and when
def _of_supply(readings: Sequence[Reading], known: Plausible, _now: datetime) -> Iterator[Verdict]:
    named = {r.supply[:CUPS_LENGTH] for r in readings if r.supply}
    for r in readings:
        if known.supply and r.supply and r.supply[:CUPS_LENGTH] != known.supply[:CUPS_LENGTH]:
            yield r.line, LineError("cups", r.supply, "it is another supply's", f"{known.supply}, the plant's")
        elif not known.supply and len(named) > 1:
            reason = f"the file is of {len(named)} supplies, and the plant's file names none"
            yield r.line, LineError("cups", r.supply, reason, "one supply; or name the plant's as contract.cups")


def _of_time(readings: Sequence[Reading], _known: Plausible, now: datetime) -> Iterator[Verdict]:
    for r in readings:
        if r.slot.end > now:
            yield r.line, LineError("time", isoformat_madrid(r.start), "the slot is not over", "slots of the past")


# ----------------------------------------------------------------------------------------------------- unit and energy
def _of_unit(readings: Sequence[Reading], known: Plausible, _now: datetime) -> Iterator[Verdict]:
    reason = _other_unit([r.power_kw for r in readings], known)
    if reason:
        yield from ((r.line, LineError("kwh", f"{r.kwh:g}", reason, "energy of each slot in kWh")) for r in readings)


def _other_unit(powers_kw: Sequence[float], known: Plausible) -> str:
    """Why a file cannot be in kWh; empty where it can."""
    drawn = [kw for kw in powers_kw if kw > 0]
    if not drawn:
        return ""
    beyond = sum(kw > known.most_kw for kw in drawn)
    if beyond > OTHER_UNIT * len(powers_kw):
        return (
            f"{beyond} of {len(powers_kw)} lines mean more than {known.most_kw:.0f} kW, which is more than this plant "
            "can take: the file is in Wh, or in kW"
        )
    if median(drawn) < NEXT_TO_NOTHING * known.rest_kw:
        return f"half the lines mean less than {median(drawn):.3f} kW: the file is in MWh"
    return ""


def _of_energy(readings: Sequence[Reading], known: Plausible, _now: datetime) -> Iterator[Verdict]:
    for r in readings:
        allowed = f"from 0 kWh to those of {known.most_kw:.0f} kW"
        if r.kwh < 0:
            yield r.line, LineError("kwh", f"{r.kwh:g}", "less than nothing was drawn", allowed)
        elif r.power_kw > known.most_kw:
            reason = f"it means {r.power_kw:.0f} kW, more than this plant can take"
            yield r.line, LineError("kwh", f"{r.kwh:g}", reason, allowed)


# ------------------------------------------------------------------------------------------------------------- doubles
def _of_doubles(readings: Sequence[Reading], _known: Plausible, _now: datetime) -> Iterator[Verdict]:
    """A slot counts once; where its lines contradict each other, none of them is believed."""
    by_slot: defaultdict[datetime, list[Reading]] = defaultdict(list)
    for r in readings:
        by_slot[r.start].append(r)
    for lines in by_slot.values():
        if len(lines) > 1:
            yield from _doubled(lines)


def _doubled(lines: Sequence[Reading]) -> Iterator[Verdict]:
    """What was read goes before an estimate."""
    read = [r for r in lines if not r.is_estimate] or lines
    kept = read[0] if len({r.kwh for r in read}) == 1 else None
    for r in lines:
        if kept is None:
            others = ", ".join(str(other.line) for other in lines if other is not r)
            reason = f"line {others} says otherwise of the same slot, and neither is believed"
        else:
            reason = f"line {kept.line} is of the same slot, which counts once"
        if r is not kept:
            yield r.line, LineError("time", isoformat_madrid(r.start), reason, "each slot once")
