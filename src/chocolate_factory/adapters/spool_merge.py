"""What a store holds and what waits for it, read together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.stream_keys import MICROSECOND, us, when
from chocolate_factory.adapters.stream_rows import stretches
from chocolate_factory.domain.series import Observation, Query
from chocolate_factory.domain.time import Interval
from chocolate_factory.ports import TimeSeriesStore

T = TypeVar("T")
#: A question to a store, whose answer comes in order of start.
Ask = Callable[[TimeSeriesStore, Query], Sequence[T]]


def in_memory(observations: Iterable[Observation], world: str, held: Iterable[Observation] = ()) -> MemoryStore:
    """What is held, and what came after it in the order in which it came, as a store that can be asked."""
    store = MemoryStore(world)
    store.write(held)
    for o in observations:
        store.write([o])
    return store


def together(store: TimeSeriesStore, waiting: list[Observation], world: str, query: Query, ask: Ask[T]) -> Sequence[T]:
    """The answer of both; the store alone answers for the stretches in which nothing waits.

    Args:
        waiting: those of the query's series in its window.
    """
    answer: list[T] = []
    for window, some in _pieces(query.window, waiting):
        piece = replace(query, window=window)
        if some:
            held = store.revisions(Query(query.series, window, site=query.site))
            answer += ask(in_memory(some, world, held), piece)
        else:
            answer += ask(store, piece)
    return answer


def _pieces(window: Interval, waiting: list[Observation]) -> Iterator[tuple[Interval, list[Observation]]]:
    """The window in order, cut where something begins or ceases to wait."""
    at = window.start
    for first, last in stretches(us(o.start) for o in waiting):
        begin, end = when(first), when(last) + MICROSECOND
        yield from _unless_empty(Interval(at, begin))
        yield Interval(begin, end), [o for o in waiting if begin <= o.start < end]
        at = end
    yield from _unless_empty(Interval(at, window.end))


def _unless_empty(window: Interval) -> Iterator[tuple[Interval, list[Observation]]]:
    if not window.is_empty:
        yield window, []
