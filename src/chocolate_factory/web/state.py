"""What the routes find in the application: the house, its timetable, the dashboard's snapshot and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from chocolate_factory.ports import Timetable
from chocolate_factory.wiring import House

if TYPE_CHECKING:
    from chocolate_factory.web.dashboard.events import Events
    from chocolate_factory.web.dashboard.snapshot import Snapshot


def _house(request: Request) -> House:
    return cast("House", request.app.state.house)


def _timetable(request: Request) -> Timetable:
    return cast("Timetable", request.app.state.timetable)


def _snapshot(request: Request) -> Snapshot:
    return cast("Snapshot", request.app.state.snapshot)


def _events(request: Request) -> Events:
    return cast("Events", request.app.state.events)


HouseOf = Annotated[House, Depends(_house)]
TimetableOf = Annotated[Timetable, Depends(_timetable)]
SnapshotOf = Annotated["Snapshot", Depends(_snapshot)]
EventsOf = Annotated["Events", Depends(_events)]
