"""A page as PDF, by fpdf2, with matplotlib's DejaVu: names of plants and products hold any letter."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from chocolate_factory.domain.errors import ChocolateFactoryError
from chocolate_factory.domain.page import Grid, Heading, Page, Paragraph, Part, Points

_FONT: Final = "DejaVu"
_INK: Final = (60, 36, 21)
_GROUND: Final = (243, 236, 228)
_SIZES: Final = {1: 18, 2: 13, 3: 11}
_BODY_PT: Final = 9.5
#: A table of more columns than this is set smaller; one of two needs no whole line.
_WIDE: Final = 8
_NARROW_MM: Final = 110
#: A heading stands with so much below it.
_WITH_HEADING_MM: Final = 30
_LINES: Final = (205, 190, 175)


class _Paper(FPDF):
    """A4, with the page's number below."""

    def __init__(self, *, landscape: bool) -> None:
        super().__init__(orientation="landscape" if landscape else "portrait", format="A4")
        for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold")):
            self.add_font(_FONT, style, fonts() / f"{name}.ttf")
        self.set_auto_page_break(True, margin=16)
        self.set_text_color(*_INK)
        self.set_draw_color(*_LINES)

    def footer(self) -> None:
        """The number, small."""
        self.set_y(-12)
        self.set_font(_FONT, size=7)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")


def pdf_of(page: Page, made_at: datetime) -> bytes:
    """The whole of it; the same page and moment give the same bytes."""
    paper = _Paper(landscape=any(isinstance(p, Grid) and len(p.head) > _WIDE for p in page.parts))
    paper.set_title(page.title)
    paper.set_lang(page.language)
    paper.set_creation_date(made_at)
    paper.add_page()
    for part in (Heading(page.title, 1), *page.parts):
        _show(paper, part)
    return bytes(paper.output())


@cache
def fonts() -> Path:
    """Where matplotlib keeps its fonts; it need not be loaded for that.

    Raises:
        ChocolateFactoryError: it is not installed whole.
    """
    found = find_spec("matplotlib")
    folder = Path(found.origin or "").parent / "mpl-data" / "fonts" / "ttf" if found else Path("nowhere")
    if not (folder / "DejaVuSans.ttf").is_file():
        raise ChocolateFactoryError(
            "matplotlib's fonts are not installed, and a PDF needs them; run scripts/start --setup."
        )
    return folder


def _show(paper: FPDF, part: Part) -> None:
    match part:
        case Heading():
            _heading(paper, part)
        case Paragraph():
            _paragraph(paper, part)
        case Points():
            _points(paper, part)
        case Grid():
            _grid(paper, part)


def _heading(paper: FPDF, part: Heading) -> None:
    paper.set_font(_FONT, "B", _SIZES.get(part.level, 11))
    paper.ln(3)
    if paper.will_page_break(_WITH_HEADING_MM):
        paper.add_page()
    paper.multi_cell(0, 7, part.text, new_x="LMARGIN", new_y="NEXT", align="L")
    paper.ln(1)


def _paragraph(paper: FPDF, part: Paragraph) -> None:
    paper.set_font(_FONT, size=_BODY_PT)
    paper.multi_cell(0, 5, part.text, new_x="LMARGIN", new_y="NEXT", align="L")
    paper.ln(1.5)


def _points(paper: FPDF, part: Points) -> None:
    paper.set_font(_FONT, size=_BODY_PT - 1)
    for text in part.texts:
        paper.multi_cell(0, 4.5, f"• {text}", new_x="LMARGIN", new_y="NEXT", align="L")
        paper.ln(0.5)


def _grid(paper: FPDF, part: Grid) -> None:
    is_wide = len(part.head) > _WIDE
    paper.set_font(_FONT, size=7 if is_wide else _BODY_PT - 1)
    others = ("RIGHT",) * (len(part.head) - 1)
    look = FontFace(emphasis=TextEmphasis.B, fill_color=_GROUND)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        text_align=("LEFT", *others),
        headings_style=look,
        line_height=4 if is_wide else 5,
        width=min(paper.epw, _NARROW_MM) if len(part.head) == 2 else paper.epw,
        align="LEFT",
    ) as table:
        for cells in (part.head, *part.rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    paper.ln(2)
