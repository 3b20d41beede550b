"""The event stream: what is told to whom, once for all who look alike, and that it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from dashboard_documents import complete
from dashboard_stage import Shown

from chocolate_factory.web.dashboard import events as module
from chocolate_factory.web.dashboard.events import GOODBYE, NO_NEWS, RETRY, Events
from chocolate_factory.web.dashboard.page import SECTIONS, Look

SPANISH, ENGLISH, OUTSIDE = Look("es", False), Look("en", False), Look("es", True)


def news(event: bytes) -> dict[str, Any]:
    name, _, data = event.removeprefix(RETRY).partition(b"\ndata: ")
    assert name == b"event: news"
    assert event.endswith(b"\n\n")
    told: dict[str, Any] = json.loads(data)
    return told


async def heard(stream: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(stream), 5)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.05)


def test_who_comes_hears_at_once_what_holds_and_then_what_changes() -> None:
    async def trial() -> None:
        shown = Shown()
        stream = Events(shown).stream(SPANISH)
        first = news(await heard(stream))
        assert first["sections"].keys() == SECTIONS.keys()
        data = complete()
        data["current_info"]["price_eur_kwh"] = 0.5
        shown.show(data)
        while (second := news(await heard(stream)))["sections"] == first["sections"]:
            pass  # made before
        changed = {name for name in SECTIONS if first["sections"][name] != second["sections"][name]}
        assert changed == {"now"}
        assert second["charts"] == first["charts"]
        await stream.aclose()

    asyncio.run(trial())


def test_many_hear_the_same_bytes_and_a_view_is_made_once_for_all() -> None:
    async def trial() -> None:
        shown = Shown()
        events = Events(shown)
        streams = [events.stream(SPANISH) for _ in range(50)]
        for stream in streams:
            await heard(stream)
        made: list[Look] = []
        get = shown.get
        shown.get = lambda look: made.append(look) or get(look)  # type: ignore[method-assign, func-returns-value]
        told = await asyncio.gather(*(heard(stream) for stream in streams))
        assert events.readers == 50
        assert len({id(event) for event in told}) == 1
        assert len(made) <= 2
        for stream in streams:
            await stream.aclose()
        assert events.readers == 0

    asyncio.run(trial())


def test_each_hears_of_his_own_look() -> None:
    async def trial() -> None:
        events = Events(Shown())
        looks = (SPANISH, ENGLISH, OUTSIDE)
        streams = [events.stream(look) for look in looks]
        digests = [news(await heard(stream))["sections"]["trust"] for stream in streams]
        assert len(set(digests)) == 3
        assert [news(await heard(stream))["sections"]["trust"] for stream in streams] == digests
        for stream in streams:
            await stream.aclose()

    asyncio.run(trial())


def test_while_nothing_can_be_told_the_stream_lives_and_says_nothing() -> None:
    async def trial() -> None:
        shown = Shown()
        stream = Events(shown).stream(SPANISH)
        await heard(stream)
        shown.broken = True
        while (event := await heard(stream)) != NO_NEWS:
            assert news(event)  # made before
        shown.show()
        while (event := await heard(stream)) == NO_NEWS:
            pass
        assert news(event)
        await stream.aclose()

    asyncio.run(trial())


def test_when_the_service_stops_every_stream_ends() -> None:
    async def trial() -> list[bytes]:
        events = Events(Shown())
        streams = [events.stream(look) for look in (SPANISH, ENGLISH)]
        for stream in streams:
            await heard(stream)
        waiting = [asyncio.create_task(heard(stream)) for stream in streams]
        await asyncio.sleep(0.02)
        events.close()
        await asyncio.gather(*waiting)
        return [event for stream in streams async for event in stream]

    assert asyncio.run(trial()) in ([], [GOODBYE, GOODBYE])
