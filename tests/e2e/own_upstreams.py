"""Upstreams of our own making, for weather that no recording holds: a thread that answers with what a trial sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

HOUR = timedelta(hours=1)
NO_DATA = {"errors": [{"code": 400, "status": "400", "title": "Error", "detail": "Nada por ahora."}]}


@dataclass
class Sky:
    """What the sources say of the weather.

    Attributes:
        now: the trial's present; the clock's page runs on from there.
        official: temperature [°C] and humidity [%] by the END of the hour; None: AEMET is down.
        second: OpenWeatherMap's reading; None: it is down.
        grid: Open-Meteo's, the same for every hour.
    """

    now: datetime
    official: dict[datetime, tuple[float, float]] | None = field(default_factory=dict)
    second: tuple[float, float] | None = None
    grid: tuple[float, float] = (30.5, 41.0)
    url: str = ""

    def environment(self) -> dict[str, str]:
        names = ("ree", "esios", "omie", "aemet", "openweathermap", "open_meteo", "open_meteo_archive", "datosclima")
        return {f"{n.upper()}_BASE_URL": f"{self.url}/{n}" for n in names} | {"CLOCK_URL": f"{self.url}/clock"}

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and document; whatever is not about today's weather has no data."""
        room = path.split("/")[1]
        rooms = {"clock": self._clock, "aemet": self._aemet, "openweathermap": self._second, "open_meteo": self._grid}
        return rooms[room](path) if room in rooms else (400 if room == "ree" else 404, NO_DATA)

    def _clock(self, _path: str) -> tuple[int, Any]:
        return 200, {"now": (self.now + (datetime.now(UTC) - self.began)).isoformat()}

    def _aemet(self, path: str) -> tuple[int, Any]:
        if self.official is None:
            return 503, {"descripcion": "Fuera de servicio"}
        if path.endswith("/ticket"):
            return 200, [
                {"idema": "5279X", "fint": f"{end:%Y-%m-%dT%H:%M:%S}+0000", "ta": ta, "hr": hr, "vv": 1.2}
                for end, (ta, hr) in self.official.items()
            ]
        if "observacion" in path and self.official:
            return 200, {"descripcion": "exito", "estado": 200, "datos": f"{self.url}/aemet/ticket"}
        return 200, {"descripcion": "No hay datos que satisfagan esos criterios", "estado": 404}

    def _second(self, path: str) -> tuple[int, Any]:
        if self.second is None:
            return 503, {"cod": 503, "message": "Internal error"}
        main = {"temp": self.second[0], "humidity": self.second[1], "pressure": 1014, "grnd_level": 957}
        step = {"dt": int(self.now.timestamp()) - 240, "main": main, "weather": [], "wind": {"speed": 2.0}}
        if path.endswith("/forecast"):
            return 200, {"cod": "200", "list": [step | {"dt": int((self.now + HOUR).timestamp())}]}
        return 200, step | {"cod": 200, "name": "Linares"}

    def _grid(self, _path: str) -> tuple[int, Any]:
        midnight = self.now.replace(hour=0, minute=0)
        hours = [midnight + n * HOUR for n in range(-48, 72)]
        names = ("temperature_2m", "relative_humidity_2m", "dew_point_2m", "surface_pressure", "wind_speed_10m")
        values = dict(zip(names, (*self.grid, 15.0, 957.0, 2.0), strict=True))
        hourly = {name: [value] * len(hours) for name, value in values.items()}
        return 200, {"utc_offset_seconds": 0, "hourly": {"time": [f"{h:%Y-%m-%dT%H:%M}" for h in hours], **hourly}}

    def __post_init__(self) -> None:
        self.now = self.now.astimezone(UTC)
        self.began = datetime.now(UTC)


@contextmanager
def serving(sky: Sky) -> Iterator[Sky]:
    """The sky, reachable on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = sky.answer(self.path.partition("?")[0])
            body = json.dumps(document, ensure_ascii=False).encode("iso-8859-15")
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """No noise."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        sky.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield sky
        finally:
            server.shutdown()
