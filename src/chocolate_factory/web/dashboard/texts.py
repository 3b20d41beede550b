"""What the page says, in Spanish and English, from one catalogue each under ``texts/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chocolate_factory.domain.errors import InputError

LANGUAGES = ("es", "en")

_FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Texts:
    """The catalogue of one language.

    Attributes:
        language: ``es`` or ``en``.
        messages: key -> sentence with ``{named}`` gaps.
    """

    language: str
    messages: dict[str, str]

    def say(self, key: str, **gaps: object) -> str:
        """The sentence with its gaps filled. A key that is not there is a mistake of ours: KeyError."""
        return self.messages[key].format(**gaps)

    def count(self, key: str, number: int, shown: str) -> str:
        """The sentence for none, one or many; ``shown`` is the number as this language writes it."""
        form = {0: "zero", 1: "one"}.get(number, "many")
        return self.say(f"{key}.{form}", n=shown)

    def name(self, group: str, raw: str) -> str:
        """Our name for something outside (``source``, ``series``, …), or its own where we have none."""
        return self.messages.get(f"{group}.{raw}", raw)

    @property
    def other(self) -> str:
        """The language that the switch leads to."""
        return "en" if self.language == "es" else "es"


@cache
def texts(language: str) -> Texts:
    """The catalogue.

    Raises:
        InputError: the page does not speak it.
    """
    if language not in LANGUAGES:
        raise InputError("lang", language, f"one of {', '.join(LANGUAGES)}")
    return Texts(language, json.loads((_FOLDER / f"{language}.json").read_text("utf-8")))
