"""Files of datosclima.es, written by hand: sheets as XLS, days of a month in a RAR archive."""

from __future__ import annotations

import binascii
import struct
from datetime import UTC, date, datetime

from chocolate_factory.adapters import xls
from chocolate_factory.adapters.daily_table import DayRow

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
DAY = date(2026, 5, 3)


HEADER = [
    "Estación",
    "Provincia",
    "Temperatura máxima (ºC)",
    "Temperatura mínima (ºC)",
    "Temperatura media (ºC)",
    "Racha (km/h)",
    "Velocidad máxima (km/h)",
    "Precipitación 00-24h (mm)",
    "Precipitación 00-06h (mm)",
]
TITLES = [["Datos de estaciones"], ["Inventados para una prueba"], [""], [""]]
LINARES = ["Linares", "Jaén", "26.8 (15:50)", "-1.5 (06:10)", "12.7", "36 (17:20)", "18 (17:10)", 1.4, 0]
RIOFRIO = ["Linares de Riofrío", "Salamanca", "11.1 (14:00)", "2.2 (05:00)", "6.6", "72 (03:00)", "40 (03:00)", 9.9, 9]
ELSEWHERE = ["Linares", "Cádiz", "12.1 (14:00)", "3.2 (05:00)", "7.6", "73 (03:00)", "41 (03:00)", 8.9, 8]


END, NONE = 0xFFFFFFFE, 0xFFFFFFFF  # of a chain of sectors; no entry


def sheet_of(*rows: list) -> list[list]:
    return [*TITLES, HEADER, *rows]


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def cell(row: int, column: int, value: object) -> bytes:
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return record(0x204, struct.pack("<HHHHB", row, column, 0, len(value), 1) + text)
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))


def workbook(rows: list[list], beyond: bytes = b"") -> bytes:
    """Rows as an XLS: BIFF8 records in an OLE container of one stream; ``beyond``: more records of cells."""
    name = "Datos".encode("utf-16-le")
    bof, eof = struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6), record(0x0A, b"")
    start = len(record(0x809, bof)) + 4 + 8 + len(name) + len(eof)
    bound = record(0x85, struct.pack("<IHBB", start, 0, 5, 1) + name)
    cells = b"".join(cell(r, c, v) for r, row in enumerate(rows) for c, v in enumerate(row) if v != "")
    sheet = record(0x809, bof[:2] + b"\x10\0" + bof[4:]) + cells + beyond + eof
    return ole(record(0x809, bof) + bound + eof + sheet)


def ole(stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")  # shorter ones would stand in a second, smaller set of sectors
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    fat = [0xFFFFFFFD, END, *range(3, count + 2), END]
    head = xls.MAGIC + b"\0" * 16 + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, END, 0, END, 0, 0) + b"\xff" * 432
    folder = entry("Root Entry", 5, 1, END, 0) + entry("Workbook", 2, NONE, 2, len(stream))
    return head + struct.pack("<128I", *fat, *[NONE] * (128 - len(fat))) + folder.ljust(512, b"\0") + stream


def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    links = struct.pack("<III", NONE, NONE, child)
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + links + b"\0" * 36 + struct.pack("<IQ", first, size)


def squeeze(data: bytes) -> bytes:
    """RAR 2.9's compression, with literals only: 213 symbols of 8 bits, 86 of 9, no others."""
    lengths = {8: 1, 9: 2, 19: 2}
    bits = "00" + "".join(f"{lengths.get(i, 0):04b}" for i in range(20))
    bits += "0" * 213 + "10" * 86 + "11" + f"{105 - 11:07b}"
    bits += "".join(f"{b:08b}" if b < 213 else f"{b + 213:09b}" for b in [*data, 256]) + "00"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def rar(members: dict[str, bytes], *, compressed: bool = False, claims: int | None = None) -> bytes:
    """A RAR 2.9 archive; ``claims``: the unpacked size that each header tells."""

    def block(body: bytes) -> bytes:
        return struct.pack("<H", binascii.crc32(body) & 0xFFFF) + body

    parts = [b"Rar!\x1a\x07\x00", block(struct.pack("<BHHHI", 0x73, 0, 13, 0, 0))]
    for name, data in members.items():
        packed = squeeze(data) if compressed else data
        size = len(data) if claims is None else claims
        head = struct.pack("<BHHIIB", 0x74, 0x8000, 32 + len(name), len(packed), size, 2)
        head += struct.pack("<IIBBHI", binascii.crc32(data), 0, 29, 0x33 if compressed else 0x30, len(name), 32)
        parts += [block(head + name.encode("ascii")), packed]
    return b"".join([*parts, block(struct.pack("<BHH", 0x7B, 0x4000, 7))])


def month(*days: int, of: str = "2026-05") -> dict[str, bytes]:
    body = workbook(sheet_of(LINARES))
    return {f"Aemet{of}-{day:02d}.xls": body for day in days}


def row(day: date = DAY) -> DayRow:
    return DayRow(day, "datosclima", NOW, "linares", f"Aemet{day}.xls")
