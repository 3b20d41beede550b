"""A secret leaves by no door, whatever an upstream echoes: no answer, no log line, no metric, no name of a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest
import structlog
from web_house import client_of, ended, fine_so_far, from_elsewhere, readable, real_house

SECRETS = {
    "API_TOKEN": "tok-7f3a9c1e5b2d4806-fabrica",
    "AEMET_API_KEY": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhQGIuZXMiLCJpYXQiOjE3NDU0MDAwMDB9.c2VjcmV0LXNpZ25hdHVyZS1oZXJl",
    "OPENWEATHERMAP_API_KEY": "9b1d7e42c0f84a6fb3a5d6c7e8f90123",
    "ESIOS_TOKEN": "esios-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
}


def echo(status: int, kind: str, body: str):
    """An upstream that repeats what it was sent, keys and all, wherever it can."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent = f"{request.url} {dict(request.headers)} {' '.join(SECRETS.values())}"
        text = body.replace("ECHO", json.dumps(sent)[1:-1])
        return httpx.Response(status, content=text, headers={"content-type": kind, "x-echo": str(request.url)})

    return answer


UPSTREAMS = {
    "json 401": echo(401, "application/json", '{"cod": 401, "message": "ECHO", "descripcion": "ECHO", "estado": 401}'),
    "json 200": echo(
        200, "application/json", '{"descripcion": "ECHO", "estado": 401, "cod": "ECHO", "message": "ECHO"}'
    ),
    "lies": echo(200, "text/plain", "ECHO"),
    "400": echo(400, "application/json", '{"error": true, "reason": "ECHO", "errors": [{"detail": "ECHO"}]}'),
}


class Lines(logging.Handler):
    """Everything that is logged, by whichever way."""

    def __init__(self, ours: list[MutableMapping[str, Any]]) -> None:
        super().__init__(level=logging.DEBUG)
        self.ours = ours
        self.theirs: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.theirs.append(f"{record.getMessage()} {record.exc_info}")

    def __str__(self) -> str:
        return "\n".join([*self.theirs, *map(str, self.ours)])


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    with structlog.testing.capture_logs() as ours:
        found = Lines(ours)
        root.addHandler(found)
        yield found
    root.removeHandler(found)
    root.setLevel(level)


@pytest.mark.parametrize("name", UPSTREAMS)
def test_no_secret_leaves_by_any_door(tmp_path, monkeypatch, lines, name):
    house = real_house(tmp_path, monkeypatch, UPSTREAMS[name], **SECRETS)
    bearer = {"Authorization": f"Bearer {SECRETS['API_TOKEN']}"}
    with client_of(house) as client:
        stranger = from_elsewhere(client)
        said = [
            stranger.post("/ingest-now", headers=bearer),
            stranger.post("/ingest-now", headers={"Origin": "http://x"}),
        ]
        job = ended(client, client.post("/init/all?years=0.005"))
        said += [client.get(f"/{path}/status?check=true") for path in ("aemet/token", "weather/openweather")]
        house.keys.check_all()
        for path in readable(client.get("/openapi.json").json()):
            if path != "/init/status":
                said.append(client.get(path))
                assert said[-1].status_code in fine_so_far(path), path
    told = "\n".join([json.dumps(job), *(f"{answer.text} {dict(answer.headers)}" for answer in said)])
    names = "\n".join(str(path) for path in tmp_path.rglob("*"))
    assert len(lines.ours) > 3
    for secret, value in SECRETS.items():
        for place, text in [("an answer", told), ("a log line", str(lines)), ("a file's name", names)]:
            assert value not in text, f"{secret} in {place}"
            assert value[:20] not in text, f"the beginning of {secret} in {place}"
        assert value not in repr(house.settings)
