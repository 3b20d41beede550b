"""Small facts that the processes of one brain share, and that outlive them: in memory, or in a SQLite file.

Whoever deletes the file loses a little politeness: calls of the last minute are no longer counted, and every feed is
asked once more. Nothing that anybody has to account for is in it, so a power cut may cost the last seconds.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from chocolate_factory.domain.errors import StoreError

log = structlog.get_logger(__name__)

Change = Callable[[Any], Any]


class MemoryMemo:
    """A ``Memo`` of one process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._facts: dict[str, str] = {}

    def recall(self, name: str) -> Any:
        """What was noted; None where nothing was."""
        with self._lock:
            return json.loads(self._facts.get(name, "null"))

    def note(self, name: str, value: Any) -> None:
        """Remember it."""
        self.change(name, lambda _: value)

    def change(self, name: str, change: Change) -> Any:
        """Make a new fact of the old one, nobody else in between; the new one."""
        with self._lock:
            value = change(self.recall(name))
            self._facts[name] = json.dumps(value)
            return value


class FileMemo:
    """A ``Memo`` of all processes that open the file; one that is damaged is put aside, and begun anew.

    Raises:
        StoreError: by every call, where the file cannot serve.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._file = self._opened()
        except sqlite3.Error as e:
            raise self._trouble(e) from e

    def recall(self, name: str) -> Any:
        """What was noted; None where nothing was."""
        with self._lock:
            try:
                return self._held(name)
            except sqlite3.Error as e:
                raise self._trouble(e) from e

    def note(self, name: str, value: Any) -> None:
        """Remember it."""
        self.change(name, lambda _: value)

    def change(self, name: str, change: Change) -> Any:
        """Make a new fact of the old one, nobody else in between; the new one."""
        with self._lock:
            try:
                with self._file:  # commits, or takes it back
                    self._file.execute("BEGIN IMMEDIATE")
                    value = change(self._held(name))
                    self._file.execute("REPLACE INTO fact VALUES (?, ?)", (name, json.dumps(value)))
            except sqlite3.Error as e:
                raise self._trouble(e) from e
        return value

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._file.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            return _open(self._path)
        except sqlite3.OperationalError:  # locked, or no right to it: the file itself may be whole
            raise
        except sqlite3.DatabaseError as e:
            log.warning("the memo is damaged; it is put aside and begun anew", path=str(self._path), why=str(e))
            self._path.replace(self._path.with_suffix(".damaged"))
            return _open(self._path)

    def _held(self, name: str) -> Any:
        row = self._file.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def _trouble(self, e: sqlite3.Error) -> StoreError:
        return StoreError(f"{self._path} cannot serve ({e}). It may be deleted while the service is stopped.")


def _open(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=15.0, check_same_thread=False, isolation_level=None)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = OFF")
    file.execute("CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    if (found := file.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        file.close()
        raise sqlite3.DatabaseError(found)
    return file
