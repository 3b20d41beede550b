"""Votes of planned weeks as small files, one a week, by fingerprint; one that is damaged is not there."""

from __future__ import annotations

from chocolate_factory.adapters.json_files import JsonFiles

Votes = tuple[float, ...]


class LabelFiles(JsonFiles):
    """A folder of JSON lists."""

    def __getitem__(self, name: str) -> Votes:
        return tuple(map(float, super().__getitem__(name)))
