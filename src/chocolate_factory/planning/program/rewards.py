"""What stays is rewarded: ``move_eur`` off for each steady batch where it was, a run of the line in all its slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from chocolate_factory.domain.plan import Batch
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Matrix
from chocolate_factory.planning.program.program import Program


def rewarded(frame: Frame, whole: Program) -> Program:
    """The program with ``move_eur`` off for each steady batch that stays; one more column for each run of the line."""
    eur, steady = frame.options.move_eur, list(asked_to_stay(frame)) if frame.options.move_eur else []
    cost, runs = whole.cost.copy(), []
    for batch in steady:
        p, first = frame.names.index(batch.product), frame.slot_of(batch)
        if batch.stage == "conche":
            cost[whole.columns.of("begin", p)][first] -= eur
        else:
            runs.append((p, first, first + frame.slots_in((batch.end - batch.start).total_seconds() / 3600)))
    return _with_runs(replace(whole, cost=cost), frame.count, runs, eur)


def asked_to_stay(frame: Frame) -> Iterator[Batch]:
    """The steady batches of which the problem can decide: of its products, begun inside the horizon."""
    for batch in frame.options.steady:
        if batch.product in frame.names and 0 <= frame.slot_of(batch) < frame.count:
            yield batch


def _with_runs(whole: Program, count: int, runs: Sequence[tuple[int, int, int]], eur: float) -> Program:
    """A column for each run: 1 only where the line is on in all of its slots, and at rest before and after."""
    if not runs:
        return whole
    width, rows = whole.cost.size, [row for k, run in enumerate(runs) for row in _run_rows(whole, count, k, *run)]
    stays = sparse.vstack([_row(row, width + len(runs)) for row, _ in rows])
    wide = sparse.hstack([whole.matrix, sparse.csr_array((whole.matrix.shape[0], len(runs)))])
    return replace(
        whole,
        cost=np.append(whole.cost, np.full(len(runs), -eur)),
        matrix=sparse.vstack([wide, stays], format="csr"),
        row_low=np.append(whole.row_low, np.full(len(rows), -np.inf)),
        row_high=np.append(whole.row_high, [high for _, high in rows]),
        low=np.append(whole.low, np.zeros(len(runs))),
        high=np.append(whole.high, np.ones(len(runs))),
        whole=np.append(whole.whole, np.zeros(len(runs), dtype=bool)),
    )


def _run_rows(
    whole: Program, count: int, k: int, p: int, first: int, end: int
) -> Iterator[tuple[dict[int, float], float]]:
    """``stays <= on`` inside, ``stays + on <= 1`` before and after: coefficients by column, and the upper bound."""
    stays, on = whole.cost.size + k, whole.columns.of("on", p).start
    yield from (({stays: 1.0, on + t: -1.0}, 0.0) for t in range(first, min(end, count)))
    yield from (({stays: 1.0, on + t: 1.0}, 1.0) for t in (first - 1, end) if 0 <= t < count)


def _row(values: dict[int, float], width: int) -> Matrix:
    return sparse.csr_array((list(values.values()), ([0] * len(values), list(values))), shape=(1, width))
