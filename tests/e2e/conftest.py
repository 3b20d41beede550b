"""The replay and plants of their own for the trials; without ../shared every trial skips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import NOW, UPSTREAMS, Plant, Replay


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if UPSTREAMS.is_dir():
        return
    absent = pytest.mark.skip(reason=f"the replay of the upstreams is not here ({UPSTREAMS})")
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def upstreams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """One replay for all trials that leave the clock alone.

    Without its limits: it would count the calls of one plant after another as those of one, whose pacing lives as long
    as its process.
    """
    replay = Replay(tmp_path_factory.mktemp("replay"), limits=False)
    try:
        replay.start(NOW)
        yield replay
    finally:
        replay.close()


@pytest.fixture
def replay(upstreams: Replay) -> Iterator[Replay]:
    """The same, without faults before and after."""
    upstreams.faults()
    yield upstreams
    upstreams.faults()


@pytest.fixture
def plant(tmp_path: Path, replay: Replay) -> Plant:
    """An empty installation."""
    return Plant(tmp_path / "plant", replay.environment())
