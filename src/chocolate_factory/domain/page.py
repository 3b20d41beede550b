"""A page in parts, which Markdown and PDF show alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list, a sentence each."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; its first column holds words, the others numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Part = Heading | Paragraph | Points | Grid


@dataclass(frozen=True, slots=True)
class Page:
    """A document.

    Attributes:
        language: ``es`` or ``en``.
    """

    title: str
    language: str
    parts: Sequence[Part]
