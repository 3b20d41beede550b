"""Work in parallel, with the seconds of processor that it took counted, whichever process did it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from chocolate_factory.adapters.parallel import mapper_of


class Timed:
    """A mapper; ``seconds`` is what all its work has taken so far."""

    def __init__(self, jobs: int) -> None:
        self.seconds = 0.0
        self._mapper = mapper_of(jobs)

    def __call__(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        for result, seconds in self._mapper(partial(timed, work), items):
            self.seconds += seconds
            yield result


def timed(work: Callable[[Any], Any], item: Any) -> tuple[Any, float]:
    """A result, and the seconds of processor that it took."""
    begun = time.process_time()
    result = work(item)
    return result, time.process_time() - begun
