"""The doors to the upstreams: a polite client for each, and the feeds behind them."""

from __future__ import annotations

from chocolate_factory.adapters.aemet import AemetDaily, AemetForecast, AemetObservations
from chocolate_factory.adapters.datosclima import DatosclimaDaily
from chocolate_factory.adapters.esios import EsiosPvpc
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.omie import OmieSpot
from chocolate_factory.adapters.open_meteo import OpenMeteoArchive, OpenMeteoForecast
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.adapters.ree import ReeDemand, ReeGeneration, ReePrices
from chocolate_factory.ports import Clock, Feed, Memo
from chocolate_factory.settings import Settings
from chocolate_factory.wiring.keyring import Keyring

#: Requests a minute that we allow ourselves (facts/upstreams.md; Open-Meteo's 10,000 a day is 7 a minute for ever).
LIMITS = {
    "ree": Limits(30),
    "esios": Limits(30),
    "omie": Limits(30),
    "aemet": Limits(20),
    "openweathermap": Limits(50),
    "open_meteo": Limits(60),
    "open_meteo_archive": Limits(60, read_s=30.0),
    "datosclima": Limits(30, read_s=30.0, max_bytes=64 * 2**20),
}


def clients_of(settings: Settings, clock: Clock, raw: RawArchive, memo: Memo) -> dict[str, PoliteClient]:
    """A client for each upstream, at its own pace, which all processes of this brain keep together."""
    bases = {
        "ree": settings.ree_base_url,
        "esios": settings.esios_base_url,
        "omie": settings.omie_base_url,
        "aemet": settings.aemet_base_url,
        "openweathermap": settings.openweathermap_base_url,
        "open_meteo": settings.open_meteo_base_url,
        "open_meteo_archive": settings.open_meteo_archive_base_url,
        "datosclima": settings.datosclima_base_url,
    }
    return {name: PoliteClient(name, base, LIMITS[name], clock, raw, memo=memo) for name, base in bases.items()}


def keyless(settings: Settings, clock: Clock, clients: dict[str, PoliteClient]) -> list[Feed]:
    """The feeds that need no key."""
    place = (settings.latitude, settings.longitude)
    return [
        ReePrices(clients["ree"], clock),
        ReeDemand(clients["ree"], clock),
        ReeGeneration(clients["ree"], clock),
        EsiosPvpc(clients["esios"], clock),
        OmieSpot(clients["omie"], clock),
        OpenMeteoForecast(clients["open_meteo"], clock, *place),
        OpenMeteoArchive(clients["open_meteo_archive"], clock, *place),
        DatosclimaDaily(clients["datosclima"], clock, settings.aemet_station),
    ]


def official(settings: Settings, clock: Clock, clients: dict[str, PoliteClient], keyring: Keyring) -> list[Feed]:
    """The feeds of the official station, which want AEMET's key."""
    station = (clients["aemet"], clock, keyring.aemet, settings.aemet_station)
    return [
        AemetObservations(*station),
        AemetForecast(clients["aemet"], clock, keyring.aemet, settings.aemet_municipality),
        AemetDaily(*station),
    ]
