"""Bodies as they were received, kept under ``DATA_DIR/raw`` within a bound.

``raw/<upstream>/<YYYY-MM-DD>/<HHMMSS>-<what>-<hash>.gz``: what an upstream said can be read again when its meaning is
disputed. The oldest days go first. A body equal to the one before it from the same place is not kept twice.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from pathlib import Path

#: Places whose last body is remembered; AEMET's tickets make a new place of every answer.
REMEMBERED = 512


class RawArchive:
    """Files, newest kept, at most ``limit_bytes`` in all.

    A file that another process has dropped meanwhile is no error: it was to go.
    """

    def __init__(self, root: Path, limit_bytes: int = 512 * 2**20) -> None:
        self.root = root
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._last: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._size: int | None = None

    def keep(self, upstream: str, what: str, received_at: datetime, body: bytes) -> Path | None:
        """Write one body; None when it repeats the last one.

        Args:
            what: the request's path, without host, key or query secrets.

        Raises:
            OSError: the disk is full or closed to us; the next body is then tried as if this one had not come.
        """
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", what).strip("-")[-80:] or "body"
        digest = hashlib.sha256(body).hexdigest()[:12]
        with self._lock:
            if self._last.get((upstream, name)) == digest:
                return None
            day = self.root / upstream / f"{received_at:%Y-%m-%d}"
            day.mkdir(parents=True, exist_ok=True)
            path = day / f"{received_at:%H%M%S}-{name}-{digest}.gz"
            path.write_bytes(gzip.compress(body, 4, mtime=0))
            self._remember((upstream, name), digest)
            self._grow(_size(path))
        return path

    def _remember(self, place: tuple[str, str], digest: str) -> None:
        self._last[place] = digest
        self._last.move_to_end(place)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def _grow(self, added: int) -> None:
        if self._size is None:
            self._size = sum(_size(f) for f in self.root.rglob("*.gz"))
        else:
            self._size += added
        if self._size > self._limit:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Down to nine tenths of the limit, so that not every body makes it look again."""
        files = sorted(self.root.rglob("*.gz"), key=lambda f: (f.parent.name, f.name))
        size = sum(_size(f) for f in files)
        for file in files[:-1]:
            if size <= 0.9 * self._limit:
                break
            size -= _size(file)
            file.unlink(missing_ok=True)
            with suppress(OSError):  # it refuses while it holds files
                file.parent.rmdir()
        self._size = size


def _size(file: Path) -> int:
    """Bytes, 0 for a file that is gone."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
