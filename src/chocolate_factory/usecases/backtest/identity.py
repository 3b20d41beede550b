"""What a result is the result of: sums of what went in, and versions of what worked on it."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import resources
from importlib.metadata import version

from chocolate_factory import __version__
from chocolate_factory.domain.plant import Plant

#: Whose arithmetic a result rests on.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "simpy")


def versions() -> dict[str, str]:
    """This program's, with a sum of its code, and its libraries'."""
    own = {"chocolate_factory": __version__, "code_sha256": code_sha256(), "python": platform.python_version()}
    return own | {name: version(name) for name in LIBRARIES}


@cache
def code_sha256() -> str:
    """Of every source and table of this package: a changed program finds nothing that an earlier one kept."""
    digest = hashlib.sha256()
    root = resources.files("chocolate_factory")
    with resources.as_file(root) as folder:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".json", ".yaml"}:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()


def plant_sha256(plant: Plant) -> str:
    """Of every figure of a plant."""
    return hashlib.sha256(repr(plant).encode()).hexdigest()
