"""What the page says, in Spanish and English, from one gettext catalogue each under ``texts/``.

The catalogues are PO files as translators' tools read and write them, and they are read as they are: no compiled copy
can be older than its source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from chocolate_factory.domain.errors import InputError

LANGUAGES = ("es", "en")

_FOLDER = Path(__file__).parent / "texts"
#: ``msgid`` or ``msgstr`` with its strings, which may go on over lines.
_ENTRY = re.compile(r'^(msgid|msgstr)((?:\s*"(?:[^"\\\n]|\\.)*")+)', re.MULTILINE)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


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

    def of(self, sentence: dict[str, str] | None) -> str:
        """Of a sentence that is there in both languages, this one's; empty where there is none."""
        return (sentence or {}).get(self.language, "")

    def some(self, groups: tuple[str, ...]) -> dict[str, str]:
        """The messages of some groups, for the scripts."""
        return {key: text for key, text in self.messages.items() if key.partition(".")[0] in groups}

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
    return Texts(language, dict(messages((_FOLDER / f"{language}.po").read_text("utf-8"))))


def messages(catalogue: str) -> Iterator[tuple[str, str]]:
    """Ids and sentences of a PO file, but for its header. An id without a sentence says nothing, and is passed over."""
    strings = [(kind, _unquoted(quoted)) for kind, quoted in _ENTRY.findall(catalogue)]
    for (kind, key), (_, sentence) in pairwise(strings):
        if kind == "msgid" and key and sentence:
            yield key, sentence


def _unquoted(quoted: str) -> str:
    """PO writes strings as C does; for what a catalogue holds, Python writes them so too."""
    return "".join(ast.literal_eval(string) for string in _STRING.findall(quoted))
