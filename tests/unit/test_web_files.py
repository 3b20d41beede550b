"""Files that people hand in over HTTP."""

from __future__ import annotations

import pytest
from web_house import STRANGER, client_of, ended, problem_of, raw, real_house

from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import EARLIEST, LATEST, Interval
from chocolate_factory.web import uploads

SIAR_HEADER = "IdProvincia;IdEstacion;Fecha;Temp Media (ºC);Temp Max (ºC);Temp Mínima (ºC);Precipitación (mm)"


def siar(days: int, first: int = 1) -> bytes:
    """A SIAR export of so many days of May 2025."""
    rows = [f"23;17;{first + i:02}/05/2025;17,2;2{i % 10},1;9,{i % 10};0,4" for i in range(days)]
    return "\r\n".join([SIAR_HEADER, *rows, ""]).encode("utf-16-le")


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Of a real house whose upstreams are all down."""
    with client_of(real_house(tmp_path, monkeypatch)) as found:
        yield found


def upload(client, *files: tuple[str, bytes], field: str = "files", **params):
    parts = [(field, (name, content)) for name, content in files]
    return client.post("/init/datosclima/etl", files=parts, params=params)


def days_held(client) -> int:
    days = Query("temperature_max", Interval(EARLIEST, LATEST))
    return len({start for start, _ in client.app.state.house.store.starts(days)})


@pytest.mark.parametrize("field", ["files", "file", "upload[]"])
def test_an_uploaded_file_is_taken_in_and_again_changes_nothing(client, field):
    for written in (93, 0):  # four series, of which one is not in this export, and mean, maximum, minimum, rain
        job = ended(client, upload(client, ("siar.csv", siar(31)), field=field))
        assert job["state"] == "done"
        assert job["counts"]["files"] == 1
        assert job["counts"]["written"] == (written and job["counts"]["found"])
        assert days_held(client) == 31


def test_a_reduced_csv_carries_its_day_in_its_name(client):
    line = "Linares;Jaén;27,4;15:10;9,8;06:20;0,0\n".encode("latin-1")
    assert ended(client, upload(client, ("Aemet20250503.csv", line)))["counts"]["written"] == 3
    read = client.app.state.house.store.read(Query("temperature_max", Interval(EARLIEST, LATEST)))
    assert [(o.value, o.source, o.kind) for o in read] == [(27.4, "datosclima", Kind.OBSERVED)]
    job = ended(client, upload(client, ("may.csv", line)))
    assert job["state"] == "failed"
    assert "must carry the day" in job["errors"][0]


BROKEN = {
    "empty.csv": b"",
    "text.txt": b"just words",
    "page.html": b"<html></html>",
    "cut.rar": b"Rar!\x1a\x07\x00" + b"\xcf\x90\x73\x00\x00\x0d\x00",
    "new.rar": b"Rar!\x1a\x07\x01\x00" + b"\x00" * 50,
    "Aemet2025-05-03.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "nul.csv": b"\x00" * 3000,
    "\u202eexe.vsc": b"\xff" * 100,
    "../../etc/passwd": b"root:x:0:0",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_fails_its_job_and_is_named(client, name):
    job = ended(client, upload(client, (name, BROKEN[name])))
    assert job["state"] == "failed"
    assert repr(name)[1:-1] in " ".join(job["errors"])
    assert "internal" not in " ".join(job["errors"])
    assert client.app.state.house.store.inventory() == []


def test_one_broken_file_costs_itself_alone(client):
    files = list(BROKEN.items())
    job = ended(client, upload(client, *files[:4], ("siar.csv", siar(10)), *files[4:]))
    assert job["state"] == "done"
    assert job["counts"]["files"] == 1
    assert days_held(client) == 10
    for name in BROKEN:
        assert repr(name)[1:-1] in " ".join(job["errors"])


def test_a_damaged_line_costs_itself_alone(client):
    text = siar(10).decode("utf-16-le").replace("03/05/2025", "33/05/2025").replace("24,1", "999,1")
    job = ended(client, upload(client, ("siar.csv", text.encode("utf-16-le"))))
    assert job["state"] == "done"
    assert days_held(client) == 8
    lines = [error.partition(": line ")[2] for error in job["errors"] if ": line " in error]
    assert [line.partition(":")[0] for line in lines] == ["4", "6"]


def test_files_of_another_station_or_of_tomorrow_give_nothing(client):
    other = siar(5).decode("utf-16-le").replace("23;17;", "23;02;").encode("utf-16-le")
    assert ended(client, upload(client, ("siar.csv", other)))["state"] == "failed"
    ahead = siar(5).decode("utf-16-le").replace("/2025", "/2027").encode("utf-16-le")
    assert ended(client, upload(client, ("siar.csv", ahead)))["state"] == "failed"
    assert days_held(client) == 0
    problem_of(upload(client, ("siar.csv", siar(1)), station_id="8175"), 422, "station_id")


def multipart(boundary: str, *parts: str) -> bytes:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts).encode() + f"--{boundary}--\r\n".encode()


WORDS = 'Content-Disposition: form-data; name="files"\r\n\r\nwords'


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("", b"x"),
        ("; boundary=", b"x"),
        ("; boundary=x", b""),
        ("; boundary=x", b"nonsense"),
        ("; boundary=x", b"--x--\r\n"),
        ("; boundary=x", multipart("x", WORDS)),
        ("; boundary=x", multipart("x", "Content-Disposition: form-data\r\n\r\nwords")),
        ("; boundary=x", multipart("x", "\r\n\r\n")),
        ("; boundary=x; charset=hex", multipart("x", WORDS)),
        ("; boundary=x; charset=idna", multipart("x", WORDS).replace(b"files", b"\xff")),
        ("; boundary=" + "x" * 300, b"--" + b"x" * 300),
        ("; boundary=é", b"--\xe9--"),
    ],
)
def test_multipart_without_files_is_named(client, more, body):
    headers = {"content-type": f"multipart/form-data{more}".encode()}
    problem_of(client.post("/init/datosclima/etl", content=body, headers=headers), 422, "files")
    assert client.get("/jobs").json() == []


def test_too_many_files_are_refused(client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 3)
    said = problem_of(upload(client, *[(f"{i}.csv", b"x") for i in range(4)]), 422, "files")
    assert "3" in said["detail"]
    assert upload(client, *[(f"{i}.csv", b"x") for i in range(3)]).status_code == 202


UPLOAD = {"method": "POST", "path": "/init/datosclima/etl", "raw_path": b"/init/datosclima/etl"}
MULTIPART = (b"content-type", b"multipart/form-data; boundary=x")
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.rar"\r\n\r\n'


def without_end():
    yield HEAD
    while True:
        yield b"\x00" * 2**16


def test_too_large_a_body_is_refused_before_it_is_whole(client, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 2**20)
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    answer = raw(client.app, {**UPLOAD, "headers": [MULTIPART]}, without_end())
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert b"1 MiB in all" in answer.body
    assert answer.taken < 2 * 2**20
    assert client.get("/jobs").json() == []


def test_a_stranger_is_refused_before_a_byte_is_read(client):
    answer = raw(client.app, {**UPLOAD, "headers": [MULTIPART], "client": STRANGER}, without_end())
    assert (answer.status, answer.taken) == (403, 0)
    answer = raw(client.app, {**UPLOAD, "path": "/ingest-now", "client": STRANGER}, without_end())
    assert (answer.status, answer.taken) == (403, 0)


def test_without_files_the_history_is_loaded(client):
    for body, kind in [(b"", "text/plain"), (b"{}", "application/json")]:
        answer = client.post("/init/datosclima/etl?years=0.05", content=body, headers={"content-type": kind})
        job = ended(client, answer)
        assert (job["deed"], job["state"]) == ("init daily weather", "failed")
        assert any("datosclima.daily" in error for error in job["errors"])
