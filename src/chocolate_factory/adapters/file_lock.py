"""One at a time, of threads and of processes, by a lock that the system lets go when its holder dies."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for whoever holds it; the file is made where it is missing, and stays.

    Raises:
        OSError: it cannot be made.
    """
    with _taken(path, wait=True):
        yield


class ThreadTurn:
    """A ``Turn`` of one process's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def take(self, *, wait: bool) -> Iterator[bool]:
        """Whether the turn was given; it lasts as long as the block."""
        given = self._lock.acquire(blocking=wait)
        try:
            yield given
        finally:
            if given:
                self._lock.release()


class FileTurn:
    """A ``Turn`` of all processes that name the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def take(self, *, wait: bool) -> Iterator[bool]:
        """Whether the turn was given; it lasts as long as the block."""
        with _taken(self._path, wait=wait) as given:
            yield given


@contextmanager
def _taken(path: Path, *, wait: bool) -> Iterator[bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
