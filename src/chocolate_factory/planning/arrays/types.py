"""What the planner's arrays are called."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
#: Sparse matrices of SciPy, which ships no types.
Matrix: TypeAlias = Any
