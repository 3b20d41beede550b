"""The last days of the ledger of savings, for the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from chocolate_factory.domain.time import DAY, madrid_date
from chocolate_factory.usecases.savings.document import statement_document
from chocolate_factory.wiring import House

DAYS: Final = 30


def savings(house: House, now: datetime) -> dict[str, Any]:
    """As ``GET /savings`` without a span, but for the checksums that a day rests on."""
    today = madrid_date(now)
    document = statement_document(house.savings.statements(today - (DAYS - 1) * DAY, today))
    for day in document["days"]:
        del day["inputs"]
    return document
