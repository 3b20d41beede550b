"""What the store holds."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.series import StreamSummary
from chocolate_factory.web.data_schemas import SeriesOut, StreamOut, VerifyOut
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring.stores import store_parts

#: Rows that are read to the last whenever somebody asks: a second's work.
AT_ONCE = 3_000_000

Thorough = Annotated[
    bool | None,
    Query(description="Read every row for `problems`; by default up to three million: 26 million take half a minute."),
]

router = APIRouter(tags=["store"])


@router.get("/influxdb/verify", summary="What the time-series store holds, whichever back end")
def verify_store(house: HouseOf, thorough: Thorough = None) -> VerifyOut:
    """Per series: first, last and count, by source and kind; and whether the store itself is whole."""
    streams = sorted(house.store.inventory(), key=lambda s: s.series)
    if thorough is None:
        thorough = sum(s.revisions for s in streams) <= AT_ONCE
    return VerifyOut(
        backend=house.store.backend,
        world=house.world,
        thorough=thorough,
        problems=house.store.verify() if thorough else [c.detail for c in store_parts(house.store) if c.status != "ok"],
        data={name: series_out(name, list(rows)) for name, rows in groupby(streams, key=lambda s: s.series)},
    )


def series_out(name: str, rows: list[StreamSummary]) -> SeriesOut:
    """One series for the wire; ``count`` adds up its streams."""
    return SeriesOut(
        unit=CATALOGUE[name].unit if name in CATALOGUE else "",
        first=min(r.first for r in rows),
        last=max(r.last for r in rows),
        count=sum(r.count for r in rows),
        streams=[
            StreamOut(
                source=r.source,
                kind=r.kind,
                resolution_minutes=r.resolution_minutes,
                first=r.first,
                last=r.last,
                count=r.count,
                revisions=r.revisions,
            )
            for r in rows
        ],
    )
