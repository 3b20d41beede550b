"""Folders for what is being made: gone in the end, and where their maker was killed, swept away by whoever comes next.

A folder is locked while its maker lives; the system lets go of the lock of a process that died.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = ".making-"


@contextmanager
def under_way(parent: Path) -> Iterator[Path]:
    """A new folder in another one.

    Raises:
        OSError: it cannot be made there.
    """
    with TemporaryDirectory(dir=parent, prefix=PREFIX) as made, _opened(Path(made)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(made)


def sweep(parent: Path) -> int:
    """Drop those that nobody is at any more; how many."""
    left = [folder for folder in parent.glob(f"{PREFIX}*") if folder.is_dir() and _is_left(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_left(folder: Path) -> bool:
    with _opened(folder) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
