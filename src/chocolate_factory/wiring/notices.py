"""What is told to people: the service makes notices, child processes carry them, so that Apprise is none of its memory.

``Child`` calls ``deliver``, ``trial`` and ``unreadable`` by name. They load the ledger and Apprise, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chocolate_factory.adapters import apprise_notifier
from chocolate_factory.adapters.apprise_notifier import AppriseNotifier, target_name
from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import RunningClock, SystemClock
from chocolate_factory.adapters.ledger.alerts import SqlAlertLedger
from chocolate_factory.adapters.ledger.notices import SqlOutbox
from chocolate_factory.adapters.ledger.opening import open_ledger
from chocolate_factory.domain.errors import SettingsError
from chocolate_factory.domain.notice import Delivery
from chocolate_factory.ports import AlertLedger, Clock
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.deliver import Deliver
from chocolate_factory.usecases.notice_words import trial_message
from chocolate_factory.usecases.notify import Carriers, Notify

#: A child that sends is killed after this, s; what it had claimed is sent after its lease.
SEND_LIMIT_S = 120.0
#: Apprise takes a second to load, on a busy machine several.
READ_LIMIT_S = 30.0
_HERE = "chocolate_factory.wiring.notices"


@dataclass(frozen=True)
class Post:
    """An order to a child; it can be pickled.

    Attributes:
        urls: Apprise's; secrets, so they are in no print.
    """

    settings: Settings
    urls: tuple[str, ...] = field(repr=False)
    now: datetime


def notify_of(
    settings: Settings,
    engine: sa.Engine,
    alerts: AlertLedger,
    clock: Clock,
    child: Child,
    urls: Callable[[], tuple[str, ...]],
) -> Notify:
    """The deed as the service has it.

    Args:
        urls: Apprise's, as they are now.
    """

    def targets() -> Sequence[str]:
        return [target_name(url) for url in urls()]

    def send(deed: str) -> Any:
        return child.call(f"{_HERE}:{deed}", Post(settings, urls(), clock.now()), SEND_LIMIT_S)

    carriers = Carriers(lambda: send("deliver"), lambda: send("trial"))
    return Notify(alerts, SqlOutbox(engine), clock, targets, carriers, settings.ui_language)


def must_be_readable(settings: Settings) -> None:
    """Ask Apprise, in a process of its own, whether it can read what is configured.

    Raises:
        SettingsError: naming each URL that it cannot by its position.
    """
    urls = [url.get_secret_value() for url in settings.notify_urls]
    if not urls:
        return
    child = Child(SystemClock(), lambda: False)
    allowed = Settings.model_fields["notify_urls"].description
    bad = child.call(f"{_HERE}:unreadable", urls, READ_LIMIT_S)
    if bad:
        raise SettingsError([f"NOTIFY_URLS: Apprise cannot read URL {position}; {allowed}." for position in bad])


# ------------------------------------------------------------------------------------------------- in child processes
def deliver(post: Post) -> dict[str, float]:
    """Send what is due; the counts."""
    clock = RunningClock(post.now)
    with _ledger(post.settings) as engine:
        carry = Deliver(
            SqlOutbox(engine),
            SqlAlertLedger(engine, clock),
            AppriseNotifier(post.urls),
            clock,
            post.settings.ui_language,
        )
        return carry()


def trial(post: Post) -> dict[str, Delivery]:
    """Send a test message to every target; by its name, how that ended."""
    notifier, message = AppriseNotifier(post.urls), trial_message(post.now, post.settings.ui_language)
    with ThreadPoolExecutor(len(post.urls)) as pool:
        return dict(zip(notifier.targets, pool.map(lambda t: notifier.send(t, message), notifier.targets), strict=True))


def unreadable(urls: Sequence[str]) -> list[int]:
    """The positions of the URLs that Apprise cannot read."""
    return apprise_notifier.unreadable(urls)


@contextmanager
def _ledger(settings: Settings) -> Iterator[sa.Engine]:
    engine = open_ledger(settings.ledger)
    try:
        yield engine
    finally:
        engine.dispose()
