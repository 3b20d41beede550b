"""The one room that knows which adapter stands behind which port.

The house is built of everything; a child process that needs one corner of it imports that module alone, so its names
are looked up when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chocolate_factory.wiring.house import DEMO_DAYS, House, build, usable
    from chocolate_factory.wiring.upstreams import LIMITS

__all__ = ["DEMO_DAYS", "LIMITS", "House", "build", "usable"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{'upstreams' if name == 'LIMITS' else 'house'}"), name)
