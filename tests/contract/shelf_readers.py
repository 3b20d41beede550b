"""A process that reads the shelf for as long as another writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Alias, ModelName


def read_until_told(folder: Path, done: Any, answers: Any) -> None:
    """Answers ``ready``, and in the end (what was wrong, how many champions it saw)."""
    shelf, problems, seen = FileShelf(folder), [], set()
    answers.put("ready")
    while not done.is_set():
        try:
            state, taken = shelf.state(), shelf.take(ModelName.SPOT_PRICE, Alias.CHAMPION)
        except StoreError as e:
            problems.append(str(e))
            continue
        numbers = sorted(version.number for version in state.versions)
        if numbers[0] + 1 != numbers[1] or Alias.CHAMPION not in taken[0].aliases:
            problems.append(f"a mixture: {numbers}, {taken[0].number}")
        seen.add(taken[0].number)
    answers.put((problems, len(seen)))
