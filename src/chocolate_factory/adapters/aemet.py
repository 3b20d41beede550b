"""AEMET OpenData: the station's hours and days, the town's forecast, the key.

Every product takes two steps: an envelope names a link (``datos``) that is good for some five minutes, and the link
holds the data. Bodies are ISO-8859-15 whatever their Content-Type says. The status stands in HTTP, in the body's
``estado`` and in a header, and they need not agree: HTTP 200 with ``estado`` 404 is the usual "no data". Both steps
count against the key's 40 a minute, so one client takes both.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from chocolate_factory.adapters.http import PoliteClient, Reply
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import (
    HOUR,
    MADRID,
    Interval,
    Resolution,
    floor,
    madrid_date,
    madrid_midnight,
    slots,
)
from chocolate_factory.domain.work import KeyState, KeyStatus
from chocolate_factory.ports import Clock

UPSTREAM = "aemet"
ENCODING = "iso-8859-15"
KEY_LINK = "https://opendata.aemet.es/centrodedescargas/altaUsuario"

#: Column of the hourly observation -> series. An absent sensor is an absent key; 5279X has no ``pres``.
SENSORS = {"ta": "temperature", "hr": "humidity", "vv": "wind_speed", "pres": "pressure"}
#: Column of the town's forecast -> series. ``vientoAndRachaMax`` mixes speeds with gusts.
TOWN = {"temperatura": "temperature", "humedadRelativa": "humidity", "vientoAndRachaMax": "wind_speed"}
#: Column of the daily climatology -> series; its wind is in m/s.
DAILY = {
    "tmax": "temperature_max",
    "tmin": "temperature_min",
    "tmed": "temperature_mean",
    "hrMedia": "humidity_mean",
    "velmedia": "wind_speed_mean",
    "racha": "wind_gust",
    "prec": "precipitation",
}
#: What stands where a number should: nothing, a trace, a sum over several days, several hours.
WORDS = frozenset({"", "Ip", "Acum", "Varias"})

Key = Callable[[], str | None]


class AemetObservations:
    """The station's last twelve hours.

    Args:
        key: asked at every call, so that a replaced key needs no restart.
        station: its climatological id, e.g. 5279X.
    """

    name = "aemet.observations"
    upstream = UPSTREAM
    series = frozenset(SENSORS.values())
    longest = timedelta(hours=13)

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._station = station

    def reach(self, now: datetime) -> Interval:
        """Thirteen hours: the hour that is just over may not be out yet."""
        return Interval(now - self.longest, now)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Observed hours inside the window."""
        document, received_at = self._steps.read(observations_path(self._station), patience)
        return _inside(window, parse_observations(document, received_at, self._station))


class AemetForecast:
    """The town's hourly forecast, for today and the two days after.

    Args:
        key: asked at every call.
        municipality: its INE number, e.g. 23055.
    """

    name = "aemet.forecast"
    upstream = UPSTREAM
    series = frozenset(TOWN.values())
    longest = timedelta(days=3, hours=1)

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, municipality: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._municipality = municipality

    def reach(self, now: datetime) -> Interval:
        """From the present hour to three days on; the third day is cut short, by how much depends on the run."""
        return Interval(floor(now, Resolution.HOUR), now + timedelta(days=3))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Forecast hours inside the window."""
        product = f"prediccion/especifica/municipio/horaria/{self._municipality}"
        document, received_at = self._steps.read(product, patience)
        return _inside(window, parse_forecast(document, received_at, self._municipality))


class AemetDaily:
    """The station's climatological days, four to five days late.

    Args:
        key: asked at every call.
        station: its climatological id.
    """

    name = "aemet.daily"
    upstream = UPSTREAM
    series = frozenset(DAILY.values())
    # Fifteen days a request are safe. An hour less, because fifteen times 24 h across March hold sixteen midnights.
    longest = timedelta(days=15) - HOUR

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._station = station

    def reach(self, now: datetime) -> Interval:
        """To four days ago; years before the station stood are answered with "no data"."""
        return Interval(datetime(1940, 1, 1, tzinfo=UTC), now - timedelta(days=4))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Days that begin inside the window; none begins, none is asked for."""
        days = [madrid_date(start) for start in slots(window, Resolution.DAY)]
        if not days:
            return []
        span = f"fechaini/{days[0]}T00:00:00UTC/fechafin/{days[-1]}T23:59:59UTC"
        product = f"valores/climatologicos/diarios/datos/{span}/estacion/{self._station}"
        document, received_at = self._steps.read(product, patience)
        return _inside(window, parse_daily(document, received_at, self._station))


class AemetKey:
    """What is known of the key: its own claims, and what AEMET said when it was last asked."""

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._clock = clock
        self._key = key
        self._station = station
        self._last: tuple[str, KeyState, datetime] | None = None

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        """The key's state; ``check`` asks for one envelope, the cheapest call that needs a key."""
        key = (self._key() or "").strip()
        if not key:
            return KeyStatus(UPSTREAM, KeyState.NOT_SET, detail="AEMET_API_KEY is not set", link=KEY_LINK)
        trouble = self._ask(key, patience) if check else ""
        issued_at, expires_at = read_claims(key)
        state, checked_at = self._last[1:] if self._last and self._last[0] == key else (KeyState.UNCHECKED, None)
        if expires_at is not None and expires_at <= self._clock.now():
            state = KeyState.EXPIRED
        detail = trouble or ("" if expires_at else "the key itself names no end")
        return KeyStatus(UPSTREAM, state, issued_at, expires_at, checked_at, detail, KEY_LINK)

    def _ask(self, key: str, patience: float) -> str:
        """What stood in the way, if anything; silence says nothing about the key, so the last answer stands."""
        state, trouble = KeyState.VALID, ""
        try:
            self._steps.envelope(observations_path(self._station), patience)
        except UpstreamRefusedError as e:
            state, trouble = KeyState.REFUSED, e.why
        except UpstreamEmptyError as e:
            trouble = e.why
        except UpstreamError as e:
            return f"it could not be checked: {e.why}"
        self._last = (key, state, self._clock.now())
        return trouble


# ---------------------------------------------------------------------- the two steps
class TwoSteps:
    """Envelope, then data. The key goes with the first step only."""

    def __init__(self, client: PoliteClient, clock: Clock, key: Key) -> None:
        self._client = client
        self._clock = clock
        self._key = key

    def read(self, product: str, patience: float) -> tuple[Any, datetime]:
        """The product's document and when it came; a link that expired meanwhile is asked for once more."""
        deadline = self._clock.monotonic() + patience
        for _ in range(2):
            link = self.envelope(product, self._left(deadline))
            try:
                reply = self._client.get(link, patience=self._left(deadline), check=_judge_data)
            except UpstreamEmptyError:  # "datos expirados": the envelope promised data, so there is some
                continue
            return reply.json(ENCODING), reply.received_at
        raise UpstreamDownError(UPSTREAM, "the link to its data had expired both times we followed it")

    def envelope(self, product: str, patience: float) -> str:
        """The link to the data."""
        reply = self._client.get(
            f"opendata/api/{product}",
            patience=patience,
            headers={"api_key": self._usable_key()},
            meaningful=frozenset({404}),
            check=_judge_envelope,
            may_be_empty=True,
        )
        return checked_link(reply.json(ENCODING).get("datos"), self._client.base_url)

    def _usable_key(self) -> str:
        key = (self._key() or "").strip()
        if not key:
            raise UpstreamRefusedError(UPSTREAM, f"AEMET_API_KEY is not set; a key is free at {KEY_LINK}")
        if not (key.isascii() and key.isprintable()):
            raise UpstreamRefusedError(UPSTREAM, "AEMET_API_KEY holds characters that no key has")
        return key

    def _left(self, deadline: float) -> float:
        return max(0.0, deadline - self._clock.monotonic())


def observations_path(station: str) -> str:
    """The product that holds the station's hours."""
    return f"observacion/convencional/datos/estacion/{station}"


def checked_link(link: object, base_url: str) -> str:
    """The link, if it leads to where the envelope came from or, over https, to AEMET.

    A forged envelope could otherwise make this machine read its own network for somebody else.

    Raises:
        UpstreamLiedError: it leads elsewhere or is none.
    """
    if not isinstance(link, str):
        raise UpstreamLiedError(UPSTREAM, "its envelope names no link")
    try:
        url, base = httpx.URL(link), httpx.URL(base_url)
    except httpx.InvalidURL:
        raise UpstreamLiedError(UPSTREAM, "its envelope's link is no address") from None
    is_home = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    is_aemet = url.scheme == "https" and url.port is None and f".{url.host}".endswith(".aemet.es")
    if not (is_home or is_aemet):
        raise UpstreamLiedError(UPSTREAM, f"its envelope's link leads to {url.host[:60]!r}, not to AEMET")
    return str(url)


def _judge_envelope(reply: Reply) -> None:
    if not reply.body:
        raise UpstreamRefusedError(UPSTREAM, "it answered 200 and nothing, as it does where the key is missing")
    document = _object(reply.json(ENCODING), "its envelope")
    _judge_status(document, reply)


def _judge_data(reply: Reply) -> None:
    """Data is a list; an object in its place is a status."""
    document = reply.json(ENCODING)
    if isinstance(document, dict):
        _judge_status(document, reply)
    if not isinstance(document, list):
        raise UpstreamLiedError(UPSTREAM, f"its data is no list ({reply.glimpse()})")


def _judge_status(document: dict[str, Any], reply: Reply) -> None:
    """Believe the body's status, then the header's, then HTTP's."""
    status = str(document.get("estado", reply.headers.get("aemet_estado", reply.status)))
    why = f"{str(document.get('descripcion', 'no reason given'))[:120]} ({status[:10]})"
    if status == "200":
        return
    if status == "404" and "rango" not in why.lower():
        raise UpstreamEmptyError(UPSTREAM, why)
    if status in {"401", "403"}:
        raise UpstreamRefusedError(UPSTREAM, f"it refuses the key: {why}")
    if status == "429":
        raise UpstreamDownError(UPSTREAM, why, reply.received_at + timedelta(minutes=1))
    if status.startswith("5"):
        raise UpstreamDownError(UPSTREAM, why)
    # Among them "El rango de fechas no puede ser superior…" with 404: a question too long is our mistake, and called
    # "no data" it would close a gap that can be filled.
    raise UpstreamLiedError(UPSTREAM, why)


# ---------------------------------------------------------------------- parsing
def read_claims(key: str) -> tuple[datetime | None, datetime | None]:
    """When a key was issued and when it ends, by its own claims (a JWT's ``iat`` and ``exp``), unverified.

    Sources differ on whether AEMET's keys end at all; one that does not say so has no end here.
    """
    try:
        part = key.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return None, None
    if not isinstance(claims, dict):
        return None, None
    return _claimed(claims.get("iat")), _claimed(claims.get("exp"))


def _claimed(value: Any) -> datetime | None:
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e10
    return datetime.fromtimestamp(value, UTC) if is_time else None


def parse_observations(document: Any, received_at: datetime, station: str) -> list[Observation]:
    """The station's hours: ``fint`` is UTC and the END of the hour.

    Raises:
        UpstreamLiedError: another shape, or another station's rows.
    """
    found = []
    for row in _rows(document, "idema", station):
        end = _moment(row.get("fint"))
        # A row that ends between two hours stands for a span that is no slot: moved into one, it would be a guess.
        if end != floor(end, Resolution.HOUR):
            continue
        for column, series in SENSORS.items():
            value = _number(row.get(column), column)
            if value is not None:
                found.append(observation(series, UPSTREAM, Kind.OBSERVED, end - HOUR, value, received_at))
    return found


def parse_forecast(document: Any, received_at: datetime, municipality: str) -> list[Observation]:
    """The town's hours from the present one on; hours that were past when it came are no forecast.

    Raises:
        UpstreamLiedError: another shape, or another town's forecast.
    """
    first = floor(received_at, Resolution.HOUR)
    found: dict[tuple[str, datetime], float] = {}
    for town in _rows(document, "id", municipality):
        for day in _objects(_object(town.get("prediccion"), "prediccion").get("dia"), "dia"):
            for series, start, value in _forecast_values(day):
                if start >= first:
                    found.setdefault((series, start), value)
    return [
        observation(series, UPSTREAM, Kind.FORECAST, start, value, received_at)
        for (series, start), value in found.items()
    ]


def parse_daily(document: Any, received_at: datetime, station: str) -> list[Observation]:
    """The station's days, as AEMET's climatology counts them (rain "de 07 a 07").

    A trace of rain (``Ip``: below 0.1 mm, the gauge's step) is 0.0 mm. A sum over several days (``Acum``) is no day's
    value and is left out.

    Raises:
        UpstreamLiedError: another shape, or another station's rows.
    """
    found = []
    for row in _rows(document, "indicativo", station):
        start = madrid_midnight(_moment(row.get("fecha")).date())
        for column, series in DAILY.items():
            is_trace = column == "prec" and row.get(column) == "Ip"
            value = 0.0 if is_trace else _number(row.get(column), column)
            if value is not None:
                found.append(observation(series, UPSTREAM, Kind.OBSERVED, start, value, received_at))
    return found


def _forecast_values(day: dict[str, Any]) -> Iterator[tuple[str, datetime, float]]:
    """Series, start and value of one day's hours. Arrays differ in length; ``periodo`` says which hour it is."""
    when = _moment(day.get("fecha")).date()
    for column, series in TOWN.items():
        for entry in _objects(day.get(column, []), column):
            value = _speed(entry) if series == "wind_speed" else _number(entry.get("value"), column)
            start = local_hour(when, _hour(entry.get("periodo")))
            if value is not None and start is not None:
                yield series, start, value


def local_hour(day: date, hour: int) -> datetime | None:
    """The UTC instant at which that hour first begins in Madrid, or None where the clocks skip it."""
    utc = datetime(day.year, day.month, day.day, hour, tzinfo=MADRID).astimezone(UTC)
    return utc if utc.astimezone(MADRID).hour == hour else None


def _speed(entry: dict[str, Any]) -> float | None:
    """The wind [m/s] of ``velocidad``, a list of one text in km/h; None for a gust's entry."""
    listed = entry.get("velocidad", [])
    kmh = _number(listed[0], "velocidad") if isinstance(listed, list) and listed else None
    return None if kmh is None else kmh / 3.6


def _rows(document: Any, column: str, wanted: str) -> list[dict[str, Any]]:
    """The objects of a list, every one of which must be about the place asked for."""
    rows = _objects(document, "its data")
    for row in rows:
        place = str(row.get(column))
        if place.zfill(len(wanted)) != wanted:  # 08019 as an integer would be 8019
            raise UpstreamLiedError(UPSTREAM, f"asked for {wanted}, it sent {place[:20]!r}")
    return rows


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise UpstreamLiedError(UPSTREAM, f"{what} is no list")
    return [_object(item, what) for item in value]


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UpstreamLiedError(UPSTREAM, f"{what} holds {str(value)[:40]!r} where an object belongs")
    return value


def _number(value: Any, what: str) -> float | None:
    """A number, also as text with comma or point; None for an absent value or one of the words."""
    if value is None or (isinstance(value, str) and value.strip() in WORDS):
        return None
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,7}([.,][0-9]{1,7})?", value.strip()):
        value = float(value.replace(",", "."))
    if not isinstance(value, int | float) or isinstance(value, bool) or not -1e7 < value < 1e7:
        raise UpstreamLiedError(UPSTREAM, f"{what} is {str(value)[:40]!r}, which is no number")
    return float(value) + 0.0  # "-0" is zero


def _hour(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[01][0-9]|2[0-3]", value):
        raise UpstreamLiedError(UPSTREAM, f"periodo is {str(value)[:20]!r}, which is no hour")
    return int(value)


def _moment(value: Any) -> datetime:
    """A date or time of 1900 to 2100 in UTC, with an offset or naive."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or not 1900 <= moment.year <= 2100:
        raise UpstreamLiedError(UPSTREAM, f"a time is {str(value)[:40]!r}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _inside(window: Interval, found: list[Observation]) -> list[Observation]:
    """Those whose slot begins in the window.

    Raises:
        UpstreamEmptyError: none does.
    """
    inside = [o for o in found if o.start in window]
    if not inside:
        raise UpstreamEmptyError(UPSTREAM, f"it has nothing for {window}")
    return inside
