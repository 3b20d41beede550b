"""Which program decides here: its version, what its modules and tables say, and what it computes with."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import chocolate_factory
from chocolate_factory.domain.plan_record import Program

#: The rooms that decide what a plan is made from and what it is; doors, faces and wiring do not.
DECIDING: Final = ("domain", "billing", "quality", "forecasting", "planning", "simulation", "usecases")
#: What computes beside it. HiGHS comes with SciPy.
BESIDE: Final = ("numpy", "scipy", "simpy")
#: Digits of the fingerprint that are kept: no two programs of one plant share them by chance.
DIGITS: Final = 16


@cache
def this_program() -> Program:
    """The program that runs, as its files were when it was first asked."""
    beside = {name: version(name) for name in BESIDE}
    beside |= {"python": platform.python_version(), "machine": platform.machine()}
    return Program(chocolate_factory.__version__, fingerprint(Path(chocolate_factory.__file__).parent), beside)


def fingerprint(package: Path) -> str:
    """The first digits of a sha256 of every file that decides, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(_files(package)):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


def _files(package: Path) -> Iterator[Path]:
    for room in DECIDING:
        yield from (p for p in (package / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
