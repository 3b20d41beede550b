"""All that chance decides in a replication; ``Chance`` alone decides that all goes as planned.

One stream of random numbers for the conches and one for the line, so that a change in one leaves the other's luck.
"""

from __future__ import annotations

import math
from random import Random

from chocolate_factory.domain.plant import Failures

#: A conching or a fill varies by at most this many standard deviations: it never takes no time at all.
CUT = 3.0


class Chance:
    """Without luck: nothing goes wrong. Times in hours, factors on planned hours."""

    def fill_factor(self) -> float:
        """As planned."""
        return 1.0

    def conche_factor(self) -> float:
        """As planned."""
        return 1.0

    def off_spec(self) -> bool:
        """Never."""
        return False

    def running_to_failure_h(self) -> float:
        """Never."""
        return math.inf

    def repair_h(self) -> float:
        """Nothing to repair."""
        return 0.0

    def running_to_micro_stop_h(self) -> float:
        """Never."""
        return math.inf

    def micro_stop_h(self) -> float:
        """None."""
        return 0.0


class Luck(Chance):
    """Drawn from a seed: times between failures exponential, repairs lognormal, durations normal (cut)."""

    def __init__(self, failures: Failures, seed: int) -> None:
        self._failures = failures
        self._mass = Random(f"mass {seed}")  # noqa: S311  a simulation, no secret
        self._line = Random(f"line {seed}")  # noqa: S311

    def fill_factor(self) -> float:
        """Of a fill's duration."""
        return _factor(self._mass, self._failures.fill_cv)

    def conche_factor(self) -> float:
        """Of the rest of a conching."""
        return _factor(self._mass, self._failures.conche_cv)

    def off_spec(self) -> bool:
        """Whether a batch comes out outside its specification."""
        return self._mass.random() < self._failures.off_spec_share

    def running_to_failure_h(self) -> float:
        """Exponential, mean MTBF."""
        return self._line.expovariate(1.0 / self._failures.mtbf_h)

    def repair_h(self) -> float:
        """Lognormal, mean MTTR: ``mu = ln(mttr) - sigma^2 / 2``."""
        sigma = self._failures.repair_sigma
        return self._line.lognormvariate(math.log(self._failures.mttr_h) - sigma * sigma / 2, sigma)

    def running_to_micro_stop_h(self) -> float:
        """Exponential."""
        return self._line.expovariate(1.0 / self._failures.micro_stop_every_h)

    def micro_stop_h(self) -> float:
        """Always the same short time."""
        return self._failures.micro_stop_min / 60.0


def _factor(stream: Random, cv: float) -> float:
    """Normal with mean 1, cut symmetrically (so the mean stays 1) and never below a tenth."""
    deviation = max(-CUT, min(CUT, stream.gauss(0.0, 1.0)))
    return max(0.1, 1.0 + cv * deviation)
