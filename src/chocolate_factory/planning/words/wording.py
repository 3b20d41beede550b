"""Numbers, kilograms and moments as people read them, in Spanish and English."""

from __future__ import annotations

from datetime import datetime

from chocolate_factory.domain.time import MADRID

#: A sentence in each language the page speaks.
LANGUAGES = ("es", "en")
DAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_DECIMAL = {"es": ",", "en": "."}


def number(value: float, digits: int, language: str, *, sign: bool = False) -> str:
    """A number with the language's decimal mark; no minus before a zero."""
    rounded = round(value, digits) + 0.0
    text = f"{rounded:+.{digits}f}" if sign else f"{rounded:.{digits}f}"
    return text.replace(".", _DECIMAL[language])


def kilograms(kg: float, language: str) -> str:
    """Whole kilograms."""
    return f"{number(kg, 0, language)} kg"


def hours(value: float, language: str) -> str:
    """Hours, with decimals only where there are any."""
    digits = 0 if abs(value - round(value)) < 0.005 else 2
    return f"{number(value, digits, language)} h"


def moment(at: datetime, language: str) -> str:
    """Weekday, day of the month and wall clock of Madrid: ``Tuesday 10 at 22:00``."""
    local = at.astimezone(MADRID)
    joint = {"es": "a las", "en": "at"}[language]
    return f"{DAYS[language][local.weekday()]} {local.day} {joint} {local:%H:%M}"


def stretch(start: datetime, end: datetime, language: str) -> str:
    """From one moment to another: ``Tuesday 10 from 22:00 to 24:00``."""
    local, until = start.astimezone(MADRID), end.astimezone(MADRID)
    midnight = until.hour == until.minute == 0
    words = {"es": ("de", "a"), "en": ("from", "to")}[language]
    day = f"{DAYS[language][local.weekday()]} {local.day}"
    return f"{day} {words[0]} {local:%H:%M} {words[1]} {'24:00' if midnight else f'{until:%H:%M}'}"


def listed(parts: list[str], language: str) -> str:
    """One thing and another."""
    joint = {"es": " y ", "en": " and "}[language]
    return joint.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
