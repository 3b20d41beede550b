"""The ZIP of a backup: its members, its manifest with their checksums, and what is none or is damaged refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

from chocolate_factory.domain.errors import StoreError

STORE, LEDGER, MANIFEST = "timeseries", "ledger.db", "manifest.json"
MEMBERS: Final = (STORE, LEDGER)
CHUNK: Final = 2**20
#: What reading an archive that is none, damaged, locked or made by another program may end in.
BROKEN: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, RuntimeError)

Manifest = dict[str, Any]


def pack(target: Path, facts: Manifest, folder: Path) -> Manifest:
    """Write a folder's members, and read them again; the manifest with their checksums.

    Raises:
        OSError: it cannot be written.
        StoreError: what was written is not what is read.
    """
    members = [name for name in MEMBERS if (folder / name).is_file()]
    manifest = facts | {_sum_of(name): _digest_of(folder / name) for name in members}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        for name in members:
            archive.write(folder / name, name)
    _read_again(target, manifest)
    return manifest


def unpack(source: Path, folder: Path, world: str) -> Manifest:
    """Every member into a folder, proved by its checksum; the manifest.

    Raises:
        StoreError: it is no backup, damaged, or of the other world.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            manifest: Manifest = dict(json.loads(archive.read(MANIFEST)))
            named = [name for name in MEMBERS if _sum_of(name) in manifest]
            for name in named:
                archive.extract(name, folder)
    except BROKEN as e:
        raise StoreError(f"{source} is no backup of this service ({e}).") from e
    if STORE not in named or not isinstance(manifest.get("backend"), str):
        raise StoreError(f"{source} is no backup of this service (its manifest names no store).")
    for name in named:
        if _digest_of(folder / name) != manifest[_sum_of(name)]:
            raise StoreError(f"{source} is damaged: {name} differs from its checksum.")
    if manifest.get("world") != world:
        raise StoreError(f"{source} holds {manifest.get('world')} data; this service is {world}.")
    return manifest


def as_sqlite(backend: str) -> str:
    """Whose file a store's copy is: InfluxDB's is one of the embedded store."""
    return "sqlite" if backend == "influxdb" else backend


def _read_again(target: Path, manifest: Manifest) -> None:
    try:
        with zipfile.ZipFile(target) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    if name != MANIFEST and _digest(member) != manifest[_sum_of(name)]:
                        raise StoreError(f"{target}: {name} cannot be read as it was written. Is the disk sound?")
    except BROKEN as e:
        raise StoreError(f"{target} cannot be read again ({e}). Is the disk sound?") from e


def _sum_of(name: str) -> str:
    return f"sha256:{name}"


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: IO[bytes]) -> str:
    sha = hashlib.sha256()
    while chunk := file.read(CHUNK):
        sha.update(chunk)
    return sha.hexdigest()
