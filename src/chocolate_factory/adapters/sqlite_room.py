"""Room inside a SQLite file that nothing lies in any more, given back to the disk.

Free pages are used again by what comes, so in the long run a file stays as large as it needs to be; only after much was
dropped at once is a ``VACUUM`` worth its trouble. It writes all that is left once more, beside the file and into the
log: readers go on, writers wait, two seconds for each 100 MiB that are left. So a file of which much is left is left as
it is.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

#: Worth it from this share of the file on, and from so many bytes.
FREE_SHARE: Final = 0.25
FREE_BYTES: Final = 8 * 2**20
#: More than this is not written again: other processes' writers give up after 15 s.
MOST_BYTES: Final = 400 * 2**20
#: Copies of what is left that must find room meanwhile, and what must be left of the disk then.
COPIES: Final = 3
DISK_LEFT_BYTES: Final = 500 * 2**20
#: How long it waits for another process that writes, s.
PATIENCE_S: Final = 15.0


def compacted(path: Path) -> int:
    """Bytes that the file gave back; 0 where that is not worth it, or the disk has no room for the trouble.

    Raises:
        sqlite3.Error: another process wrote for too long.
    """
    with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as c:
        before = _bytes(c, "page_count")
        free = _bytes(c, "freelist_count")
        if _is_worth_it(free, before) and _can_be_done(before - free, path.parent):
            c.execute("VACUUM")
        c.execute("PRAGMA busy_timeout = 0")  # a reader that goes on holds the log, not us
        c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return before - _bytes(c, "page_count")


def _is_worth_it(free: int, size: int) -> bool:
    return free >= FREE_BYTES and free >= FREE_SHARE * size


def _can_be_done(left: int, folder: Path) -> bool:
    return left <= MOST_BYTES and shutil.disk_usage(folder).free > COPIES * left + DISK_LEFT_BYTES


def _bytes(c: sqlite3.Connection, pages: str) -> int:
    return int(c.execute(f"PRAGMA {pages}").fetchone()[0] * c.execute("PRAGMA page_size").fetchone()[0])
