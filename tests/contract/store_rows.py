"""Observations for the contract of the time-series store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval

MINUTE = timedelta(minutes=1)
T = datetime(2026, 3, 9, 23, tzinfo=UTC)  # midnight in Madrid
RULE = T - timedelta(hours=9)  # when the price of the slot at T is published
EVER = Interval(T - 4000 * DAY, T + 4000 * DAY)


def obs(value: float = 50.0, at: int = 0, **other) -> Observation:
    """A price of the slot ``at`` hours after T, received when it was published unless told otherwise."""
    fields = {
        "series": "spot", "source": "ree", "kind": Kind.OBSERVED, "start": T + at * HOUR, "value": value,
        "published_at": other.get("received_at", RULE), "received_at": RULE, "resolution_minutes": 60,
    }  # fmt: skip
    return Observation(**{**fields, **other})


def ask(window: Interval = EVER, **other) -> Query:
    return Query(**{"series": "spot", "window": window, **other})


def values(observations) -> list[float]:
    return [o.value for o in observations]


RECEIPTS = [obs(v, received_at=RULE + d * DAY, published_at=RULE) for d, v in enumerate((5.0, 7.0, 6.0, 8.0))]


MOMENTS = st.integers(0, 5).map(lambda d: RULE + d * HOUR)


@st.composite
def observations(draw) -> Observation:
    received = draw(MOMENTS)
    return Observation(
        series=draw(st.sampled_from(["spot", "pvpc"])),
        source=draw(st.sampled_from(["ree", "omie"])),
        kind=draw(st.sampled_from([Kind.OBSERVED, Kind.FORECAST])),
        start=T + draw(st.integers(0, 3)) * HOUR,
        value=draw(st.sampled_from([-1.0, 0.0, 1.0, 2.5])),
        published_at=min(RULE, received) if draw(st.booleans()) else received,
        received_at=received,
        resolution_minutes=draw(st.sampled_from([60, 60, 15])),
        site=draw(st.sampled_from([DEFAULT_SITE, DEFAULT_SITE, "jaen"])),
    )
