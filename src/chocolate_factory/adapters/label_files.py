"""Votes of planned weeks as small files, one a week, by fingerprint; one that is damaged is not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

Votes = tuple[float, ...]


class LabelFiles(MutableMapping[str, Votes]):
    """A folder of JSON lists; a file is whole or not there, whoever writes it at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> Votes:
        try:
            found = json.loads(self._path(name).read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError) as e:
            raise KeyError(name) from e
        return tuple(map(float, found))

    def __setitem__(self, name: str, votes: Votes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.{os.getpid()}"
        draft.write_text(json.dumps(votes), "utf-8")
        draft.replace(self._path(name))

    def __delitem__(self, name: str) -> None:
        self._path(name).unlink()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self._folder.glob("*.json")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
