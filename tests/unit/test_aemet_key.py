"""AEMET: what is known of the key."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from aemet_world import ENVELOPE, NO_DATA, NOW, Aemet, client_of
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.aemet import AemetKey, read_claims
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import KeyState


def jwt(**claims) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.signature"


def key_of(aemet, key, clock=None) -> AemetKey:
    clock = clock or FixedClock(NOW)
    return AemetKey(client=client_of(aemet, clock), clock=clock, key=lambda: key, station="5279X")


ISSUED, ENDS = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def test_claims_are_read_without_asking():
    aemet = Aemet((200, ENVELOPE))
    status = key_of(aemet, jwt(iss="AEMET", iat=ISSUED.timestamp(), exp=ENDS.timestamp())).key_status(check=False)
    assert (status.status, status.issued_at, status.expires_at) == (KeyState.UNCHECKED, ISSUED, ENDS)
    assert status.link == "https://opendata.aemet.es/centrodedescargas/altaUsuario"
    assert aemet.requests == []


@pytest.mark.parametrize(
    "key", ["replay", "a.b.c", "..", jwt(iat="soon", exp=True), jwt(iat=-5, exp=1e40), "x.bnVsbA.y", "ñ.ñ.ñ", "x.W10.y"]
)
def test_a_key_that_is_no_jwt_has_no_dates(key):
    assert read_claims(key) == (None, None)


@given(st.text())
def test_reading_claims_never_fails(key):
    assert len(read_claims(key)) == 2


def test_a_check_is_one_envelope_and_is_remembered():
    clock, aemet = FixedClock(NOW), Aemet((200, ENVELOPE))
    key = key_of(aemet, jwt(iat=ISSUED.timestamp()), clock)
    assert key.key_status(check=True).status is KeyState.VALID
    assert len(aemet.requests) == 1
    clock.set(NOW + HOUR)
    later = key.key_status(check=False)
    assert (later.status, later.checked_at, later.expires_at) == (KeyState.VALID, NOW, None)
    assert len(aemet.requests) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((401, {"descripcion": "API key invalido", "estado": 401}), KeyState.REFUSED),
        ((200, b""), KeyState.UNCHECKED),  # it is what a call without a key hears, and this one had a key
        ((200, NO_DATA), KeyState.VALID),  # it took the key
        ((503, b"x"), KeyState.UNCHECKED),  # silence says nothing about the key
    ],
)
def test_what_a_check_may_show(answer, state):
    status = key_of(Aemet(answer), "a-key").key_status(check=True, patience=0.0)
    assert status.status is state
    assert (status.checked_at is None) == (state is KeyState.UNCHECKED)
    assert "a-key" not in repr(status)


def test_an_outage_does_not_undo_what_was_known():
    key = key_of(Aemet((200, ENVELOPE), (503, b"x")), "a-key")
    key.key_status(check=True)
    status = key.key_status(check=True, patience=0.0)
    assert (status.status, status.checked_at) == (KeyState.VALID, NOW)
    assert "could not be checked" in status.detail


def test_a_past_end_is_expired_whatever_the_last_check_said():
    old = jwt(exp=(NOW - DAY).timestamp())
    assert key_of(Aemet((200, ENVELOPE)), old).key_status(check=False).status is KeyState.EXPIRED
    assert key_of(Aemet((401, {"estado": 401})), old).key_status(check=True).status is KeyState.EXPIRED


def test_a_replaced_key_is_unchecked_again_and_none_is_not_set():
    keys, clock = ["bad-one"], FixedClock(NOW)
    aemet = Aemet((401, {"estado": 401}))
    key = AemetKey(client=client_of(aemet, clock), clock=clock, key=lambda: keys[0], station="5279X")
    assert key.key_status(check=True).status is KeyState.REFUSED
    keys[0] = "good-one"
    assert key.key_status(check=False).status is KeyState.UNCHECKED
    keys[0] = None
    assert key.key_status(check=True).status is KeyState.NOT_SET
    assert len(aemet.requests) == 1
