"""Which conche takes which batch: the program counts identical conches, people need their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chocolate_factory.planning.arrays.frame import Frame

Begin = tuple[int, int]


def machines(frame: Frame, begins: Sequence[Begin]) -> tuple[str, ...]:
    """A conche for each batch, in order of their begins.

    Batches of the plan in force keep the conche that was said; the others take the one that has been free for longest.
    Where that does not work out, all are given anew.
    """
    return _given(frame, begins, _said(frame)) or _given(frame, begins, {}) or ()


def _said(frame: Frame) -> dict[Begin, str]:
    """The conche of each batch of the plan in force."""
    conching = [b for b in (*frame.options.fixed, *frame.options.steady) if b.stage == "conche"]
    known = [b for b in conching if b.product in frame.names]
    return {(frame.names.index(b.product), frame.slot_of(b)): b.machine for b in known}


def _given(frame: Frame, begins: Sequence[Begin], said: Mapping[Begin, str]) -> tuple[str, ...] | None:
    """A conche for each batch that respects what was said; None where one finds no conche."""
    free, given = _free_from(frame), []
    for p, slot in begins:
        end = slot + frame.conche_slots[p]
        taken = {m for (q, s), m in said.items() if (q, s) in begins and (q, s) != (p, slot) and slot <= s < end}
        able = [name for name, since in free.items() if since <= slot and name not in taken]
        wanted = [name for name in able if name == said.get((p, slot), name)]
        if not wanted:
            return None
        machine = min(wanted, key=lambda name: (free[name], name))
        free[machine] = end
        given.append(machine)
    return tuple(given)


def _free_from(frame: Frame) -> dict[str, int]:
    """The first free slot of each conche; a begun batch whose machine is not known holds the next one."""
    free = {f"conche-{i}": 0 for i in range(1, frame.problem.plant.conches.count + 1)}
    for batch in frame.problem.running:
        left_h = (batch.end - frame.problem.horizon.start).total_seconds() / 3600
        idle = (name for name, since in free.items() if since == 0)
        machine = batch.machine if batch.machine in free else next(idle, "conche-1")
        free[machine] = max(free[machine], frame.slots_in(left_h))
    return free
