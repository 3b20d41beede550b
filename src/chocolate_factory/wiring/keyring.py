"""The keys in use, and the feeds that can be asked with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import structlog

from chocolate_factory.domain.errors import SettingsError
from chocolate_factory.ports import (
    Feed,
)
from chocolate_factory.settings import Settings

log = structlog.get_logger(__name__)


class Keyring:
    """The keys in use; ``reload`` reads the environment again, so that a replaced key needs no restart."""

    def __init__(self, settings: Settings, again: Callable[[], Settings]) -> None:
        self._settings = settings
        self._again = again

    def reload(self) -> None:
        """Take up what ``.env`` and the ``*_FILE`` hold now; where they are wrong, keep what works."""
        try:
            self._settings = self._again()
        except SettingsError as e:
            log.warning("settings cannot be read again; the keys in use stay", problems=e.problems)

    def aemet(self) -> str | None:
        """AEMET's key."""
        secret = self._settings.aemet_api_key
        return secret.get_secret_value() if secret else None

    def openweathermap(self) -> str | None:
        """OpenWeatherMap's key."""
        secret = self._settings.openweathermap_api_key
        return secret.get_secret_value() if secret else None

    def notify_urls(self) -> tuple[str, ...]:
        """Apprise's, one for each way to people."""
        return tuple(url.get_secret_value() for url in self._settings.notify_urls)

    def opens(self, upstream: str) -> bool:
        """Whether an upstream can be asked: it needs no key, or there is one."""
        needed = {"aemet": self.aemet, "openweathermap": self.openweathermap}.get(upstream)
        return needed is None or bool(needed())


class Configured(Mapping[str, Feed]):
    """The feeds that can be asked now: one whose key is missing is not there, and is the moment the key is."""

    def __init__(self, feeds: list[Feed], keyring: Keyring) -> None:
        self._feeds = {feed.name: feed for feed in feeds}
        self._keyring = keyring

    def __getitem__(self, name: str) -> Feed:
        feed = self._feeds[name]
        if not self._keyring.opens(feed.upstream):
            raise KeyError(name)
        return feed

    def __iter__(self) -> Iterator[str]:
        return (name for name, feed in self._feeds.items() if self._keyring.opens(feed.upstream))

    def __len__(self) -> int:
        return sum(1 for _ in self)
