"""A long horizon piece by piece: the first hours whole and the rest relaxed, then held, and the next piece."""

from __future__ import annotations

from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.program.program import Program, held_until, relaxed_after
from chocolate_factory.planning.search.solver import Answer, Watch


def in_pieces(frame: Frame, whole: Program, watch: Watch) -> Answer:
    """Piece by piece, each ``Options.whole_h`` long; the bound is the first piece's, which is one of all."""
    piece = max(1, frame.slots_in(frame.options.whole_h))
    bound, x, held = None, None, whole
    for first in range(0, frame.count, piece):
        last = first + piece >= frame.count
        current = held if last else relaxed_after(frame, held, first + piece)
        found = watch.solved(current, watch.left_s * (1.0 if last else 0.6), frame.options.gap, tail=not last)
        bound, x = (found.bound if first == 0 else bound), found.x
        if x is None:  # what was held leaves no whole plan, or time is up: one try without it
            return the_better(found, watch.solved(whole, watch.left_s, frame.options.gap), bound) if first else found
        held = held_until(frame, whole, x, first + piece)
    return Answer(x, bound, found.eur)


def the_better(one: Answer, other: Answer, bound: float | None) -> Answer:
    """The cheaper columns with the higher bound; both answers, and the bound, are of the same problem."""
    found = min((a for a in (one, other) if a.eur is not None), key=lambda a: a.eur or 0.0, default=one)
    known = [b for b in (bound, other.bound) if b is not None]
    return Answer(found.x, max(known, default=None), found.eur)
