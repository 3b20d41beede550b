"""RAR archives: stored members by rarfile alone, compressed ones by a program of the machine, both within bounds."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import dataclass

import rarfile

from chocolate_factory.domain.errors import UpstreamLiedError

MAGIC = b"Rar!\x1a\x07"
MAX_MEMBERS = 400
MAX_UNPACKED_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; ``name`` is without its folders."""

    name: str
    upstream: str
    archive: rarfile.RarFile
    entry: rarfile.RarInfo

    def unpack(self) -> bytes | None:
        """Its bytes, their checksum verified, or None when it is damaged or wants a password.

        Raises:
            UpstreamLiedError: it is compressed, and no program here unpacks it.
        """
        if self.entry.compress_type != rarfile.RAR_M0:
            _choose_program(self.upstream)
        try:
            content: bytes = self.archive.read(self.entry)
        except rarfile.Error:
            return None
        return content


def open_rar(upstream: str, body: bytes) -> list[Member]:
    """The files of an archive.

    Raises:
        UpstreamLiedError: it is damaged, holds nothing, or unpacks to more than ``MAX_UNPACKED_BYTES``.
    """
    try:
        archive = rarfile.RarFile(io.BytesIO(body))
    except rarfile.Error as e:
        raise UpstreamLiedError(upstream, f"the RAR archive is damaged ({type(e).__name__})") from e
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if archive.strerror() or not entries:
        raise UpstreamLiedError(upstream, f"the RAR archive is damaged ({archive.strerror() or 'it holds no file'})")
    if len(entries) > MAX_MEMBERS or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        limit = f"{MAX_MEMBERS} files or {MAX_UNPACKED_BYTES // 2**20} MiB"
        raise UpstreamLiedError(upstream, f"the RAR archive unpacks to more than {limit}")
    return [Member(re.split(r"[/\\]", entry.filename)[-1], upstream, archive, entry) for entry in entries]


class _Bsdtar:
    """libarchive's bsdtar, in the shape in which rarfile keeps its programs.

    rarfile 4.5's own entry for it runs ``bsdtar -f -- archive``, which opens a file named ``--`` and always fails.
    """

    def open_cmdline(self, _password: str | None, archive: str, member: str | None = None) -> list[str]:
        return ["bsdtar", "-x", "-O", "-f", archive, *([member] if member else [])]

    def get_errmap(self) -> list[None]:
        return [None]


def _choose_program(upstream: str) -> None:
    """Settle, once for the process, which program rarfile runs."""
    if rarfile.CURRENT_SETUP is not None:
        return
    try:
        rarfile.tool_setup(sevenzip=False, sevenzip2=False, bsdtar=False)
    except rarfile.RarCannotExec:
        if shutil.which("bsdtar") is None:
            advice = "no program here unpacks compressed RAR archives; install one: apt-get install libarchive-tools"
            raise UpstreamLiedError(upstream, advice) from None
        rarfile.CURRENT_SETUP = _Bsdtar()
