"""What tests of the page share: a Chromium for each of their modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dashboard_stage import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Closed after each module: while it is open, no other test of this process can run an event loop of its own."""
    with chromium() as opened:
        yield opened
