"""OpenWeatherMap 2.5: the weather now, the five days ahead, the key."""

from chocolate_factory.adapters.openweathermap.feeds import OpenWeatherCurrent, OpenWeatherForecast, OpenWeatherKey
from chocolate_factory.adapters.openweathermap.parse import (
    CurrentWeather,
    ForecastStep,
    parse_current,
    parse_forecast,
    read_current,
    read_steps,
)

__all__ = [
    "CurrentWeather",
    "ForecastStep",
    "OpenWeatherCurrent",
    "OpenWeatherForecast",
    "OpenWeatherKey",
    "parse_current",
    "parse_forecast",
    "read_current",
    "read_steps",
]
