"""Real certificates in real files: the first that ends counts, and what cannot be read says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chocolate_factory.adapters.certificate_files import read_certificates

END = datetime(2026, 12, 24, 10, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
NOBODY = x509.Name([])


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def pem(end: datetime, name: x509.Name | None = None) -> bytes:
    name = named("plant.example") if name is None else name
    made = x509.CertificateBuilder().subject_name(name).issuer_name(named("issuer")).public_key(KEY.public_key())
    dated = made.not_valid_before(end - timedelta(days=90)).not_valid_after(end).serial_number(1)
    return dated.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def private() -> bytes:
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_file_says_whose_it_is_and_when_it_ends(tmp_path):
    file = tmp_path / "server"
    file.write_bytes(pem(END))
    [found] = read_certificates([file])
    assert (found.path, found.subject, found.ends_at, found.problem) == (str(file), "CN=plant.example", END, "")


def test_of_a_chain_the_first_to_end_counts_and_the_key_beside_it_does_not(tmp_path):
    file = tmp_path / "fullchain.pem"
    file.write_bytes(private() + pem(END + timedelta(days=9)) + pem(END, named("issuer")))
    [found] = read_certificates([file])
    assert (found.ends_at, found.subject) == (END, "CN=issuer")


def test_a_certificate_of_nobody_is_one_too(tmp_path):
    file = tmp_path / "a.pem"
    file.write_bytes(pem(END, NOBODY))
    assert read_certificates([file])[0].subject == "no name"


def test_a_folder_gives_each_of_its_files_that_holds_one(tmp_path):
    (tmp_path / "b.crt").write_bytes(pem(END))
    (tmp_path / "a.pem").write_bytes(pem(END))
    (tmp_path / "privkey.pem").write_bytes(private())
    (tmp_path / "README").write_text("no certificate")
    assert [Path(c.path).name for c in read_certificates([tmp_path])] == ["a.pem", "b.crt"]


@pytest.mark.parametrize("body", [b"", b"no certificate", b"\xff\xfe\x00", pem(END)[:200]])
def test_a_file_that_holds_none_is_named(tmp_path, body):
    file = tmp_path / "a.pem"
    file.write_bytes(body)
    [found] = read_certificates([file])
    assert (found.path, found.ends_at, found.problem) == (str(file), None, "it holds no certificate in PEM")


def test_a_folder_that_holds_none_is_named(tmp_path):
    (tmp_path / "privkey.pem").write_bytes(private())
    assert read_certificates([tmp_path])[0].problem == "it holds no certificate in PEM"


def test_a_file_that_is_missing_is_named_and_the_others_are_read(tmp_path):
    (tmp_path / "a.pem").write_bytes(pem(END))
    gone, there = read_certificates([tmp_path / "gone.pem", tmp_path / "a.pem"])
    assert (gone.path, gone.problem) == (
        str(tmp_path / "gone.pem"),
        "it cannot be read (No such file or directory)",
    )
    assert there.ends_at == END


def test_a_path_through_a_file_is_named(tmp_path):
    (tmp_path / "a.pem").write_bytes(pem(END))
    assert read_certificates([tmp_path / "a.pem" / "b.pem"])[0].problem == "it cannot be read (Not a directory)"


def test_where_none_is_named_there_is_nothing_to_watch():
    assert read_certificates([]) == []
