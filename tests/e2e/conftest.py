"""The replay and plants of their own for the trials; without ../shared every trial skips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from stage import UPSTREAMS, Plant, Replay

#: Late in the morning of a Tuesday: 38 of the month's first ten days' hours to the next check at 13:00 local time, so
#: that no unattended repair comes between a trial's steps.
NOW = datetime.fromisoformat("2026-11-10T11:07:00+01:00")

NewPlant = Callable[[str], Plant]


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
    """One replay for all trials that leave the clock alone."""
    replay = Replay(tmp_path_factory.mktemp("replay"))
    try:
        replay.start(NOW)
        yield replay
    finally:
        replay.stop()


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
