"""A decision's bundle as a file: it comes back equal, holds no secret, and what is none or is damaged is refused."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from plan_records import T, record

from chocolate_factory.adapters import bundle_file
from chocolate_factory.adapters.bundle_file import MANIFEST, MEMBERS, packed, read_bundle, unpacked
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.plan_record import Grounds, Program, Solve, StockCount
from chocolate_factory.domain.replay import Bundle, Difference, Evidence, Found, Lack, Revised, Why
from chocolate_factory.domain.series import Kind

PROGRAM = Program("0.1.0", "0123456789abcdef", {"scipy": "1.17.1", "machine": "x86_64"})
GROUNDS = Grounds(
    T + timedelta(seconds=1), (Kind.OBSERVED, Kind.REANALYSIS), "b" * 12, ("c1",), T, "spot_price/3", T, PROGRAM
)


def bundle(**changes) -> Bundle:
    """With something in every part."""
    kept = record()
    solves = (Solve(1.5, 412.5, 411.25, 7), Solve(8.0, 400.125, None, 0, True, (0.0, 1.0, 0.1 + 0.2)))
    kept = replace(kept, grounds=GROUNDS, planned=replace(kept.planned, solves=solves))
    rows = tuple(
        observation("spot", "ree", Kind.OBSERVED, T.replace(minute=15 * n, second=0, microsecond=0), n / 3, T)
        for n in range(4)
    )
    evidence = Evidence(
        rows, record("b" * 12), ("c1",), StockCount(T, {"tank": 1.5}, {}), {"version": "spot_price/3"}, (Lack.PLAN,)
    )
    differences = (
        Difference(("problem", "slots", "2026-06-01T12:00:00+02:00", "energy_eur_kwh"), 0.1, 0.1 + 1e-12, Why.GONE, T),
        Difference(("grounds", "locked", "c1"), None, "locked", Why.LEDGER),
        Difference(("problem", "now"), True, 3),
    )
    revised = (Revised("spot", "ree", T, 50.0, 51.5, T),)
    return replace(Bundle(kept, evidence, Found(differences, revised, (), T, PROGRAM)), **changes)


def members_of(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return written.getvalue()


def changed(name: str, change) -> bytes:
    """A bundle of which one member was changed after it was written."""
    members = members_of(packed(bundle()))
    return zipped(members | {name: change(members[name])})


def manifest_with(**changes) -> bytes:
    return changed(MANIFEST, lambda body: json.dumps({**json.loads(body), **changes}).encode())


# ---------------------------------------------------------------------------------------------------------- round trip
def test_a_bundle_comes_back_as_it_was(tmp_path):
    path = tmp_path / "decision.zip"
    path.write_bytes(packed(bundle()))
    back = read_bundle(path)
    assert back == bundle()
    assert type(back.evidence.observations[0]) is type(bundle().evidence.observations[0])
    assert back.found.differences[2].then is True
    assert back.found.differences[2].now == 3


def test_one_of_an_old_plan_comes_back_too():
    old = bundle(record=record(), evidence=Evidence((), None, (), None, {}, (Lack.GROUNDS,)))
    assert unpacked(packed(old), "x") == old


def test_the_same_bundle_is_the_same_bytes():
    assert packed(bundle()) == packed(bundle())


def test_people_can_read_what_it_is():
    members = members_of(packed(bundle()))
    assert set(members) == {MANIFEST, *MEMBERS}
    manifest = json.loads(members[MANIFEST])
    assert manifest["format"] == "chocolate-factory decision"
    assert (manifest["plan"], manifest["trigger"]) == (record().id, "schedule")
    assert manifest["written_by"] == {"version": "0.1.0", "code": PROGRAM.code, **PROGRAM.beside}
    assert json.loads(members["decision.json"])["grounds"]["forecast"] == "spot_price/3"


# ------------------------------------------------------------------------------------------------- foreign and damaged
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no bundle of a decision"),
        (b"%PDF-1.7 or whatever people attach", "no bundle of a decision"),
        (zipped({"a.txt": b"hello"}), "no bundle of a decision"),
        (zipped({MANIFEST: b"[]"}), "--bundle FILE. writes one"),
        (zipped({MANIFEST: b'{"made_at": "x", "backend": "sqlite"}'}), "--bundle FILE. writes one"),
        (zipped({MANIFEST: b"{"}), "no bundle of a decision, or a damaged one"),
        (packed(bundle())[:-200], "no bundle of a decision, or a damaged one"),
        (manifest_with(version=2), "version 2; this program reads version 1"),
        (manifest_with(sha256=None), "damaged: decision.json"),
        (changed("observations.json", lambda body: body[:-2] + b"  "), "damaged: observations.json"),
        (changed("found.json", lambda _: b"{}"), "damaged: found.json"),
    ],
)
def test_what_is_none_or_is_damaged_is_told_by_its_name(body, why):
    with pytest.raises(UnreadableError, match=why) as told:
        unpacked(body, "attached.zip")
    assert "attached.zip" in str(told.value)


def test_every_byte_that_is_changed_is_noticed():
    body = packed(bundle())
    for at in range(0, len(body), 97):
        broken = body[:at] + bytes([body[at] ^ 0x40]) + body[at + 1 :]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert (
                    unpacked(broken, "x") == bundle()
                )  # a date or a flag of the ZIP that says nothing of what is in it
            except UnreadableError:
                continue


def test_what_another_version_wrote_is_told_by_where_it_differs():
    members = members_of(packed(bundle()))
    members["evidence.json"] = b'{"locked": 3}'
    manifest = json.loads(members[MANIFEST])
    manifest["sha256"]["evidence.json"] = bundle_file._digest(members["evidence.json"])
    members[MANIFEST] = json.dumps(manifest).encode()
    with pytest.raises(UnreadableError, match="another version wrote it") as told:
        unpacked(zipped(members), "x")
    assert "3" not in str(told.value).partition("(at")[2].partition(":")[2], "no values in errors"


def test_what_claims_to_be_huge_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(bundle_file, "MOST_BYTES", 100)
    with pytest.raises(UnreadableError, match="far too large"):
        unpacked(packed(bundle()), "x")
