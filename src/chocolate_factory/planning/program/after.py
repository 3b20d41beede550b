"""The days after in the program: their cost is one more column, above every plane over what is left for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.program.program import Program


def valued(frame: Frame, whole: Program) -> Program:
    """The program with the cost of the days after; as it is where the plan looks no further."""
    eur, warm_eur_kg, done_eur_kg = frame.after
    if not eur.size:
        return whole
    # cost - warm x stock - done x good x made >= eur + done x (what was there - what was asked)
    rows, last = np.zeros((eur.size, whole.cost.size)), frame.count - 1
    for p in range(len(frame.names)):
        rows[:, whole.columns.of("stock", p).start + last] = -warm_eur_kg[:, p]
        rows[:, whole.columns.of("made", p).start + last] = -done_eur_kg[:, p] * frame.good_share
    least: Floats = eur + (done_eur_kg * (frame.finished_kg - frame.asked_kg[:, -1])).sum(axis=1)
    wide = sparse.hstack([whole.matrix, sparse.csr_array((whole.matrix.shape[0], 1))])
    planes = sparse.hstack([sparse.csr_array(rows), sparse.csr_array(np.ones((eur.size, 1)))])
    return replace(
        whole,
        cost=np.append(whole.cost, 1.0),
        matrix=sparse.vstack([wide, planes], format="csr"),
        row_low=np.append(whole.row_low, least),
        row_high=np.append(whole.row_high, np.full(eur.size, np.inf)),
        low=np.append(whole.low, -np.inf),
        high=np.append(whole.high, np.inf),
        whole=np.append(whole.whole, False),
    )
