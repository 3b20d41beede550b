"""Acceptance 8: three years of daily weather, loaded, loaded again, handed in; a corrupt month; every part reported."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import httpx
import pytest
from stage import Plant, Replay, Service
from truth import held, twice, wrong

from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import madrid_date

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ETL = "/init/datosclima/etl"
ENOUGH_DAYS = 1000


@pytest.fixture
def keyless(plant: Plant) -> Plant:
    """Without AEMET's key, so that nobody stands in for datosclima."""
    del plant.env["AEMET_API_KEY"]
    return plant


def days_of_weather(service: Service) -> int:
    return service.get("/init/status")["status"]["historical_weather_records"]


def month_file(replay: Replay, month: str) -> tuple[str, bytes]:
    name = f"Aemet{month}.rar"
    reply = httpx.get(f"{replay.url}/datosclima/capturadatos/{name}", timeout=30.0).raise_for_status()
    return name, reply.content


def hand_in(service: Service, *files: tuple[str, bytes]) -> dict[str, Any]:
    parts = [("files", file) for file in files]
    return service.do(ETL, params={"station_id": "5279X"}, files=parts)


def stored_days(plant: Plant, source: str) -> set[date]:
    found = [o for o in held(plant.store) if o.series == "temperature_max" and o.source == source]
    return {madrid_date(o.start) for o in found}


def months(days: set[date]) -> set[str]:
    return {f"{day:%Y-%m}" for day in days}


def test_three_years_of_daily_weather_and_once_more(keyless, replay):
    with keyless.serving() as service:
        service.settled()
        job = service.do(ETL, params={"station_id": "5279X", "years": 3})
        assert job["state"] == "done"
        assert job["progress"] == 1.0
        loaded = days_of_weather(service)
        assert loaded >= ENOUGH_DAYS
        asked = replay.asked("datosclima")

        again = service.do(ETL, params={"station_id": "5279X", "years": 3})
        assert again["state"] == "done"
        assert days_of_weather(service) == loaded
        print(f"{loaded} days; {replay.asked('datosclima') - asked} requests the second time: {again['message']}")
        assert replay.asked("datosclima") - asked <= 12, "only days whose cells hold no number are asked for again"
    stored = held(keyless.store)
    assert wrong(stored) == []
    assert twice(stored) == []


def test_three_years_handed_in_as_files(keyless, replay):
    names = [f"{year}-{month:02}" for year in range(2023, 2027) for month in range(1, 13)]
    wanted = [name for name in names if "2023-11" <= name <= "2026-10"]
    files = [month_file(replay, name) for name in wanted]
    with keyless.serving() as service:
        service.settled()
        job = hand_in(service, *files)
        assert job["state"] == "done"
        assert [error for error in job["errors"] if "is no number: 'nan" not in error] == []
        assert job["counts"]["files"] == len(wanted) == 36
        assert days_of_weather(service) >= ENOUGH_DAYS
        again = hand_in(service, *files[:3])
        assert again["counts"]["found"] > 300
        assert again["counts"]["written"] == 0
    assert wrong(held(keyless.store)) == []


def test_a_corrupt_month_costs_itself_alone_and_is_named(keyless, replay):
    """By the network: one file is no RAR, another breaks off, whenever it is asked for."""
    replay.faults(
        {"match": r"Aemet2026-08\.rar", "kind": "garbage"}, {"match": r"Aemet2026-06\.rar", "kind": "truncate"}
    )
    with keyless.serving() as service:
        service.settled()
        job = service.do(ETL, params={"years": 0.5})
        errors = " ".join(job["errors"])
        assert "Aemet2026-08.rar" in errors
        assert "2026-05-31T22:00Z/2026-06-30T22:00Z" in errors
        seen = months(stored_days(keyless, "datosclima"))
        assert seen == {"2026-05", "2026-07", "2026-09", "2026-10", "2026-11"}

        replay.faults()
        job = service.do(ETL, params={"years": 0.5})
        assert job["state"] == "done"
        assert months(stored_days(keyless, "datosclima")) == seen | {"2026-06", "2026-08"}
    assert wrong(held(keyless.store)) == []


def test_a_corrupt_file_among_those_handed_in_costs_itself_alone_and_is_named(keyless, replay):
    good, bad, cut = (month_file(replay, month) for month in ("2026-07", "2026-08", "2026-09"))
    bytes_in_the_middle = bytearray(bad[1])
    bytes_in_the_middle[2000:2400] = b"\xff" * 400
    with keyless.serving() as service:
        service.settled()
        job = hand_in(service, good, (bad[0], bytes(bytes_in_the_middle)), (cut[0], cut[1][:30]), ("x.txt", b"hello"))
        assert job["state"] == "done"
        assert all(any(name in error for error in job["errors"]) for name in (bad[0], cut[0], "x.txt"))
        assert not any(good[0] in error for error in job["errors"])
        days = stored_days(keyless, "datosclima")
        assert len([day for day in days if day.month == 7]) == 31
        assert 25 <= len([day for day in days if day.month == 8]) < 31, "the damage costs its day"
        assert not [day for day in days if day.month == 9]
    assert wrong(held(keyless.store)) == []


def test_init_all_reports_each_part(plant, replay):
    with plant.serving() as service:
        service.settled()
        job = service.do("/init/all", params={"years": 0.25})
        assert (job["state"], job["errors"]) == ("done", [])
        counts = job["counts"]
        reached = {name.removeprefix("reached."): ok for name, ok in counts.items() if name.startswith("reached.")}
        assert {name.partition(".")[0] for name in reached} == {"ree", "aemet", "openweathermap", "open_meteo"}
        assert set(reached.values()) == {1.0}
        for part in ("ree", "weather", "daily_weather"):
            assert f"{part}: " in job["message"]
            assert counts[f"{part}.filled"] == counts[f"{part}.expected"] > 0
        verified = service.get("/influxdb/verify")
        assert verified["problems"] == []
        first = datetime.fromisoformat(verified["data"]["pvpc"]["first"])
        assert (replay.now() - first).days in (91, 92)
    stored = held(plant.store)
    assert wrong([o for o in stored if o.kind is not Kind.ESTIMATED]) == []
