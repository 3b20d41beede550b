"""A backup: one ZIP with the store, the ledger and a manifest of checksums, made and checked while the service runs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import zipfile
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from chocolate_factory import __version__
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.ports import TimeSeriesStore

STORE, LEDGER, MANIFEST = "timeseries", "ledger.db", "manifest.json"
CHUNK = 2**20
#: What reading an archive that is none, damaged, locked or made by another program may end in.
BROKEN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, RuntimeError)


def make_backup(store: TimeSeriesStore, ledger: Path | None, target: Path, world: str, at: datetime) -> dict[str, str]:
    """Write the archive, in place only when it is complete.

    Args:
        ledger: the ledger's SQLite file; None where it lives in PostgreSQL, which has tools of its own.

    Returns:
        The manifest.

    Raises:
        StoreError: it cannot be written there.
    """
    part = target.parent / f"{target.name}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            members = _copies(store, ledger, Path(folder))
            manifest = {"made_at": at.isoformat(), "version": __version__, "world": world, "backend": store.backend}
            manifest |= {f"sha256:{name}": _digest(path) for name, path in members.items()}
            _pack(part, manifest, members)
        part.replace(target)
    except (OSError, sqlite3.Error) as e:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreError(f"The backup cannot be written to {target} ({e}). Name a file in a folder of yours.") from e
    return manifest


def _copies(store: TimeSeriesStore, ledger: Path | None, folder: Path) -> dict[str, Path]:
    members = {STORE: folder / STORE}
    store.backup(members[STORE])
    if ledger is not None and ledger.is_file():
        members[LEDGER] = folder / LEDGER
        _copy_sqlite(ledger, members[LEDGER])
    return members


def _pack(target: Path, manifest: dict[str, str], members: dict[str, Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        for name, path in members.items():
            archive.write(path, name)


def restore_backup(store: TimeSeriesStore, ledger: Path | None, source: Path, world: str) -> dict[str, str]:
    """Check the archive whole, then put store and ledger back.

    Raises:
        StoreError: it is no backup, damaged, or of another world or back end; nothing was changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        manifest = _unpack(source, Path(folder))
        if manifest.get("world") != world:
            raise StoreError(f"{source} holds {manifest.get('world')} data; this service is {world}.")
        if _format(manifest.get("backend", "")) != _format(store.backend):
            raise StoreError(
                f"{source} is of a {manifest.get('backend')} store; this one is {store.backend}: `migrate`."
            )
        store.restore(Path(folder) / STORE)
        if ledger is not None and (Path(folder) / LEDGER).is_file():
            _put_back(Path(folder) / LEDGER, ledger)
    return manifest


def _format(backend: str) -> str:
    """Whose file a store's copy is: InfluxDB's is one of the embedded store."""
    return "sqlite" if backend == "influxdb" else backend


def _put_back(copy: Path, ledger: Path) -> None:
    try:
        _copy_sqlite(copy, ledger)
    except sqlite3.Error as e:
        raise StoreError(f"The store is restored, the ledger {ledger} is not ({e}). Restore once more.") from e


def _unpack(source: Path, folder: Path) -> dict[str, str]:
    try:
        with zipfile.ZipFile(source) as archive:
            manifest: dict[str, str] = dict(json.loads(archive.read(MANIFEST)))
            named = [name for name in (STORE, LEDGER) if f"sha256:{name}" in manifest]
            for name in named:
                archive.extract(name, folder)
    except BROKEN as e:
        raise StoreError(f"{source} is no backup of this service ({e}).") from e
    if STORE not in named:
        raise StoreError(f"{source} is no backup of this service (its manifest names no store).")
    for name in named:
        if _digest(folder / name) != manifest[f"sha256:{name}"]:
            raise StoreError(f"{source} is damaged: {name} differs from its checksum.")
    return manifest


def _copy_sqlite(source: Path, target: Path) -> None:
    origin, copy = sqlite3.connect(source, timeout=15.0), sqlite3.connect(target, timeout=15.0)
    try:
        origin.backup(copy)
    finally:
        origin.close()
        copy.close()


def _digest(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
    return sha.hexdigest()
