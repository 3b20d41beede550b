"""Apprise: chat, e-mail, telephone and a hundred more, each by one URL; the URL is the secret.

Apprise is loaded by the first ``send``, which child processes alone do: it takes half a second and 50 MB. It says in
words of its many plugins why something was not taken, and tokens may stand in these; what is told from here is one of
our own sentences.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Final

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.notice import Delivery, Fate, Message
from chocolate_factory.domain.work import Severity

if TYPE_CHECKING:
    from apprise import AppriseResult, NotifyBase

#: A try is over after this, s; what still hangs then may or may not have arrived.
SEND_S = 45.0
#: Whoever reads a target's name may try passwords against it; this makes each guess cost some 30 ms.
_ROUNDS = 100_000
#: Letters of the hash that are shown.
_SHOWN = 8
_UNREADABLE = "Apprise cannot read its URL"

#: Apprise's loggers and those of the library under it: at their debug level whole addresses stand in the lines.
_TALKATIVE = ("apprise", "requests", "urllib3")
_TYPES: Final = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
_HTTP: Final = re.compile(r"\berror=(\d{3})\b")
#: Said of a connection that never stood, so that nothing can have arrived.
_NEVER_LEFT: Final = re.compile(
    "NewConnectionError|ConnectTimeout|NameResolutionError|Failed to establish|Connection refused|"
    "Name or service not known|No address associated|No route to host|Network is unreachable|CERTIFICATE_VERIFY_FAILED"
)


class AppriseNotifier:
    """A ``Notifier`` behind Apprise.

    Args:
        urls: Apprise's, one for each target.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._urls = {target_name(url): url for url in urls}

    @property
    def targets(self) -> Sequence[str]:
        """The names, in the order of the setting."""
        return tuple(self._urls)

    def send(self, target: str, message: Message) -> Delivery:
        """Try once."""
        if target not in self._urls:
            raise NotFoundError("target", target, f"one of {', '.join(self._urls) or 'none: NOTIFY_URLS is not set'}")
        service = _service(self._urls[target])
        if service is None:
            return Delivery(Fate.REFUSED, _UNREADABLE)
        apprise = _apprise()
        way = apprise.Apprise(service, asset=service.asset)
        result = way.notify(
            message.body, message.title, _TYPES[message.severity], "text", timeout=SEND_S, log_level=logging.DEBUG
        )
        return Delivery(Fate.ARRIVED) if result else _verdict(result)


@cache
def target_name(url: str) -> str:
    """What an address is called wherever it can be seen: its scheme, and a hash that cannot be guessed back cheaply."""
    digest = hashlib.pbkdf2_hmac("sha256", url.encode(), b"chocolate-factory", _ROUNDS)
    return f"{url.partition(':')[0].lower()}-{digest.hex()[:_SHOWN]}"


def unreadable(urls: Sequence[str]) -> list[int]:
    """The positions, from 1, of those that Apprise cannot read."""
    return [position for position, url in enumerate(urls, 1) if _service(url) is None]


# ------------------------------------------------------------------------------------------------------------- inside
@cache
def _apprise() -> ModuleType:
    import apprise  # noqa: PLC0415

    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # it says why in these lines alone; we read them, nobody else
    return apprise


def _service(url: str) -> NotifyBase | None:
    """One way to people, without any will of its own to try again: that is ours to decide."""
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        app_id="Chocolate Factory", app_desc="Chocolate Factory", storage_mode="memory", service_timeout=SEND_S
    )
    service: NotifyBase | None = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return None
    service.retry = 0
    if "overflow=" not in url:
        service.overflow_mode = apprise.OverflowMode.SPLIT  # a service's shortest message may be shorter than ours
    return service


def _verdict(result: AppriseResult) -> Delivery:
    """Why it did not arrive, and whether that is sure."""
    said = [entry.message for entry in result.logs()]
    codes = [int(code) for line in said for code in _HTTP.findall(line)]
    if any(line.startswith("Sent ") for line in said):
        return Delivery(Fate.UNSURE, "only a part of it was taken")
    if codes:
        clear = all(code < 500 or code == 503 for code in codes)  # behind a broken gateway it may have arrived
        return Delivery(Fate.REFUSED if clear else Fate.UNSURE, f"it answered HTTP {codes[0]}")
    if any(_NEVER_LEFT.search(line) for line in said):
        return Delivery(Fate.REFUSED, "it cannot be reached")
    return Delivery(Fate.UNSURE, "it did not say that it took it")
