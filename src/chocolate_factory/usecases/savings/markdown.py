"""A page as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from chocolate_factory.domain.page import Grid, Heading, Page, Paragraph, Part, Points


def markdown_of(page: Page) -> str:
    """The whole of it, its title first."""
    return "\n\n".join(["# " + page.title, *(_part(part) for part in page.parts)]) + "\n"


def _part(part: Part) -> str:
    match part:
        case Heading():
            return f"{'#' * part.level} {part.text}"
        case Paragraph():
            return part.text
        case Points():
            return "\n".join(f"- {text}" for text in part.texts)
        case Grid():
            rule = "|---|" + "---:|" * (len(part.head) - 1)
            return "\n".join([_row(part.head), rule, *(_row(row) for row in part.rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
