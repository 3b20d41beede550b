"""The one room that knows which adapter stands behind which port."""

from chocolate_factory.wiring.house import DEMO_DAYS, House, build, usable
from chocolate_factory.wiring.upstreams import LIMITS

__all__ = ["DEMO_DAYS", "LIMITS", "House", "build", "usable"]
