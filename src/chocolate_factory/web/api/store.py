"""What the store holds."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.series import StreamSummary
from chocolate_factory.web.data_schemas import SeriesOut, StreamOut, VerifyOut
from chocolate_factory.web.state import HouseOf

router = APIRouter(tags=["store"])


@router.get("/influxdb/verify", summary="What the time-series store holds, whichever back end")
def verify_store(house: HouseOf) -> VerifyOut:
    """Per series: first, last and count, by source and kind; and whether the store itself is whole."""
    streams = sorted(house.store.inventory(), key=lambda s: s.series)
    return VerifyOut(
        backend=house.store.backend,
        world=house.world,
        problems=house.store.verify(),
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
