"""One polite client for every upstream."""

from chocolate_factory.adapters.http.client import TRIES, USER_AGENT, PoliteClient
from chocolate_factory.adapters.http.pacing import Limits, Pacer
from chocolate_factory.adapters.http.reply import Reply, SettledError

__all__ = ["TRIES", "USER_AGENT", "Limits", "Pacer", "PoliteClient", "Reply", "SettledError"]
