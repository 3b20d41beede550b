"""A decision's bundle as a ZIP of JSON: a manifest with checksums, and a member for each part that people can read too.

It holds what the plan was made from and nothing of the settings' secrets, paths or addresses. Members are JSON of the
dataclasses as they are; an observation is a list, in the order of its fields.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from chocolate_factory.adapters.archive import BROKEN
from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.replay import Bundle, Evidence, Found
from chocolate_factory.domain.series import Observation

FORMAT: Final = "chocolate-factory decision"
#: Rises when a member says something else; a bundle of another version is refused.
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
#: What each member holds.
MEMBERS: Final[Mapping[str, Any]] = {
    "decision.json": PlanRecord,
    "before.json": PlanRecord | None,
    "observations.json": tuple[Observation, ...],
    "evidence.json": Evidence,
    "found.json": Found,
}
#: More than any bundle holds, unpacked: what claims more is not unpacked.
MOST_BYTES: Final = 64 * 2**20


def packed(bundle: Bundle) -> bytes:
    """The file; the same bundle gives the same bytes."""
    evidence = bundle.evidence
    rest = replace(evidence, observations=(), before=None)
    parts = (bundle.record, evidence.before, evidence.observations, rest, bundle.found)
    members = {
        name: _adapter(name).dump_json(part, indent=None if name == "observations.json" else 1)
        for name, part in zip(MEMBERS, parts, strict=True)
    }
    manifest = json.dumps(_manifest(bundle, members), indent=1).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {MANIFEST: manifest, **members}.items():
            archive.writestr(zipfile.ZipInfo(name, bundle.found.at.timetuple()[:6]), body, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def unpacked(body: bytes, name: str) -> Bundle:
    """The bundle of a file; ``name`` names it in errors.

    Raises:
        UnreadableError: it is no bundle, of another version, or damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise UnreadableError(f"{name} is no bundle of a decision: it is far too large.")
            manifest = json.loads(archive.read(MANIFEST))
            _must_be_ours(manifest, name)
            members = {member: archive.read(member) for member in MEMBERS}
    except BROKEN as e:
        raise UnreadableError(f"{name} is no bundle of a decision, or a damaged one ({e}).") from e
    return _bundle(members, manifest, name)


def read_bundle(path: Path) -> Bundle:
    """The bundle of a file.

    Raises:
        UnreadableError: as ``unpacked``.
        OSError: the file cannot be read.
    """
    return unpacked(path.read_bytes(), path.name)


# -------------------------------------------------------------------------------------------------------------- inside
def _manifest(bundle: Bundle, members: Mapping[str, bytes]) -> dict[str, Any]:
    """What the file is, for people and for whoever reads it."""
    record, found = bundle.record, bundle.found
    return {
        "format": FORMAT,
        "version": VERSION,
        "plan": record.id,
        "made_at": record.made_at.isoformat(),
        "trigger": record.trigger,
        "written_at": found.at.isoformat(),
        "written_by": {"version": found.program.version, "code": found.program.code, **found.program.beside},
        "sha256": {name: _digest(body) for name, body in members.items()},
    }


def _must_be_ours(manifest: Any, name: str) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UnreadableError(f"{name} is no bundle of a decision; `replay --at … --bundle FILE` writes one.")
    if manifest.get("version") != VERSION:
        raise UnreadableError(
            f"{name} is a bundle of version {manifest.get('version')}; this program reads version {VERSION}."
        )


def _bundle(members: Mapping[str, bytes], manifest: Mapping[str, Any], name: str) -> Bundle:
    sums = manifest.get("sha256")
    for member, body in members.items():
        if not isinstance(sums, dict) or sums.get(member) != _digest(body):
            raise UnreadableError(f"{name} is damaged: {member} differs from its checksum.")
    try:
        record, before, observations, evidence, found = (_adapter(m).validate_json(b) for m, b in members.items())
    except ValidationError as e:
        raise UnreadableError(f"{name} cannot be read; another version wrote it ({_first(e)}).") from e
    return Bundle(record, replace(evidence, observations=observations, before=before), found)


def _first(e: ValidationError) -> str:
    """Where the first flaw is, without its value."""
    return f"at {'.'.join(map(str, e.errors()[0]['loc']))}: {e.errors()[0]['type']}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@cache
def _adapter(member: str) -> TypeAdapter[Any]:
    return TypeAdapter(MEMBERS[member])
