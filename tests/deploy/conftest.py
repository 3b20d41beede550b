"""The five containers, for the trials that ask for them: brought up once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "podman"))

from engine import Engine
from programs import programs
from town import PROXY_PORT, Town, what_is_missing


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    if why := what_is_missing():
        pytest.skip("; ".join(why))
    with Engine() as engine:
        built = Town(engine, programs())
        try:
            built.enter()
            yield built
        finally:
            built.leave()


@pytest.fixture(scope="session")
def address(town: Town) -> str:
    """The door's, in the tailnet."""
    return town.join_the_tailnet()


@pytest.fixture(scope="session")
def visitor(address: str) -> Iterator[httpx.Client]:
    """Somebody in the tailnet."""
    with httpx.Client(base_url=f"http://{address}", proxy=f"http://127.0.0.1:{PROXY_PORT}", timeout=30) as client:
        yield client
