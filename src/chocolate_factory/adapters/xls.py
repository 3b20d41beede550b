"""Old Excel workbooks, read in a child process.

On a damaged workbook python-calamine 0.9 does not only raise: it panics, aborts the process, or asks for gigabytes
(measured with flipped and cut-off bytes). Outside files must not do that to the service, so a child with bounded memory
reads them one after the other; the one that kills it is named and the next child goes on behind it.

Invariants:
    Only the standard library is imported at the top: the child runs this very file, and starts in 30 ms.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

#: How a workbook of Excel 97 to 2003 begins (an OLE container).
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MEMORY_BYTES = 512 * 2**20
#: For one child, however many workbooks; a month of datosclima takes half a second.
SECONDS = 60.0

Rows = list[list[object]]


def read_workbooks(bodies: Sequence[bytes]) -> list[Rows | str]:
    """The rows of each workbook's first sheet, or the reason why it could not be read."""
    tables: list[Rows | str] = []
    while len(tables) < len(bodies):
        rest = bodies[len(tables) :]
        done, reason = _run_child(rest)
        tables.extend(done)
        if len(done) < len(rest):
            tables.append(reason)
    return tables


def _run_child(bodies: Sequence[bytes]) -> tuple[list[Rows | str], str]:
    """What one child read before it ended, and why it ended."""
    frames = b"".join(struct.pack("<I", len(body)) + body for body in bodies)
    command = [sys.executable, "-I", __file__]
    try:
        child = subprocess.run(command, input=frames, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  our own file
    except subprocess.TimeoutExpired as e:
        return _whole_lines(e.stdout), f"reading it took more than {SECONDS:.0f} s"
    return _whole_lines(child.stdout), _last_words(child.stderr, child.returncode)


def _whole_lines(output: bytes | None) -> list[Rows | str]:
    """The tables it finished; a line that was cut off is none."""
    lines = (output or b"").split(b"\n")[:-1]
    return [json.loads(line) for line in lines]


def _last_words(stderr: bytes, returncode: int) -> str:
    """The line of a traceback or panic that says what happened."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line[:1].strip()]
    said = lines[-1][:160] if lines and returncode == 1 else f"the reader died of it ({returncode})"
    return f"the workbook is damaged: {said}"


def _frames(stream: BinaryIO) -> Iterator[bytes]:
    while head := stream.read(4):
        yield stream.read(struct.unpack("<I", head)[0])


def _child() -> None:
    """Read frames from standard input, write one line of JSON for each; die of what cannot be read."""
    import io  # noqa: PLC0415  the parent does not need these
    import resource  # noqa: PLC0415

    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for body in _frames(sys.stdin.buffer):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0)
        sys.stdout.write(json.dumps(sheet.to_python(skip_empty_area=False), default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _child()
