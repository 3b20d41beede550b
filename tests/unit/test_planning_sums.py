"""Sums that the solver's programs are made of: the same on every processor."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.planning.arrays.sums import ahead, dot

HERE = Path(__file__).parent
NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40)
#: OpenBLAS' kernels that any processor of these years can run, and that add in different orders.
KERNELS = ("Nehalem", "Haswell")
SAYS = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from planning_problems import PLANT, problem
from chocolate_factory.domain.plan import Options
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.days_ahead import days_ahead
from chocolate_factory.planning.program.after import valued
from chocolate_factory.planning.program.program import program
plan = days_ahead(problem(PLANT, hours=96), Options(whole_h=24.0, gap=0.05, time_limit_s=60))
frame = Frame(plan.problem, Options())
whole = valued(frame, program(frame))
parts = (whole.cost, whole.matrix.data, whole.row_low, whole.row_high, whole.low, whole.high)
print(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest(), len(plan.problem.after.planes))
"""


@given(NUMBERS, NUMBERS)
def test_a_profile_is_laid_over_the_values_ahead(profile, values):
    found = ahead(np.array(profile), np.array(values))
    for t in range(len(values)):
        there = sum(kw * eur for kw, eur in zip(profile, values[t:], strict=False))
        assert found[t] == pytest.approx(there, rel=1e-9, abs=1e-3)


def test_a_sum_is_rounded_once():
    assert dot(np.array([1e16, 1.0, -1e16]), np.array([1.0, 1.0, 1.0])) == 1.0


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="OpenBLAS' kernels are named otherwise here")
def test_the_program_with_its_planes_is_the_same_to_the_last_bit_whatever_blas_adds_first():
    said = set()
    for kernel in KERNELS:
        env = {**os.environ, "OPENBLAS_CORETYPE": kernel}
        words = [sys.executable, "-c", SAYS, str(HERE)]
        said.add(subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout)
    assert len(said) == 1
    assert int(said.pop().split()[1]) > 3
