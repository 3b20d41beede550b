"""The words of the monthly report, by language: ``texts/es.json`` and ``texts/en.json``."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("es", "en")
_SPANISH: Final = str.maketrans(",.", ".,")


@cache
def words_of(language: str) -> dict[str, str]:
    """Every sentence, by its name; braces hold facts."""
    file = resources.files("chocolate_factory.usecases.savings") / "texts" / f"{language}.json"
    words: dict[str, str] = json.loads(file.read_text("utf-8"))
    return words


def say(language: str, word: str, **facts: object) -> str:
    """A sentence with its facts."""
    return words_of(language)[word].format(**facts)


def month_name(month: date, language: str) -> str:
    """``octubre de 2026``, ``October 2026``."""
    return say(language, "month of year", name=say(language, f"month {month.month}"), year=month.year)


def figure(value: float | None, digits: int, language: str) -> str:
    """A number with the language's marks; a dash where nobody knows it."""
    if value is None:
        return "-"
    text = f"{round(value, digits) + 0.0:,.{digits}f}"
    return text.translate(_SPANISH) if language == "es" else text
