"""Certificates in PEM files, and when they end. ``cryptography`` is loaded for who names some, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chocolate_factory.domain.work import Certificate

if TYPE_CHECKING:
    from cryptography import x509

SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})


def read_certificates(paths: Iterable[Path]) -> list[Certificate]:
    """What ends when, of PEM files and of the PEM files in folders; what cannot be read is in the answer with its why.

    Of a file with several, as a server's with its issuer's, the first to end counts. A folder's files without any, as
    private keys, are passed over.
    """
    return [certificate for path in paths for certificate in _of_path(path)]


def _of_path(path: Path) -> Iterator[Certificate]:
    try:
        files = sorted(f for f in path.iterdir() if f.suffix in SUFFIXES) if path.is_dir() else [path]
        found = [certificate for file in files if (certificate := _first_to_end(file)) is not None]
    except OSError as e:
        yield Certificate(e.filename or str(path), problem=f"it cannot be read ({e.strerror})")
        return
    yield from found
    if not found:
        yield Certificate(str(path), problem="it holds no certificate in PEM")


def _first_to_end(file: Path) -> Certificate | None:
    """None where no certificate is in it."""
    from cryptography import x509  # noqa: PLC0415  see above

    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError:
        return None
    first = min(certificates, key=_end)
    return Certificate(str(file), first.subject.rfc4514_string() or "no name", _end(first))


def _end(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc
