"""AEMET OpenData: the station's hours and days, the town's forecast, the key."""

from chocolate_factory.adapters.aemet.feeds import (
    AemetDaily,
    AemetForecast,
    AemetKey,
    AemetObservations,
    read_claims,
)
from chocolate_factory.adapters.aemet.parse import local_hour, parse_daily, parse_forecast, parse_observations
from chocolate_factory.adapters.aemet.steps import checked_link

__all__ = [
    "AemetDaily",
    "AemetForecast",
    "AemetKey",
    "AemetObservations",
    "checked_link",
    "local_hour",
    "parse_daily",
    "parse_forecast",
    "parse_observations",
    "read_claims",
]
