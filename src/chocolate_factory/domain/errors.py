"""Everything that can go wrong, as one tree.

    ChocolateFactoryError
    ├── InputError               a person or program gave a value that is not allowed
    │   └── NotFoundError        it names something that does not exist
    ├── SettingsError            the environment is wrong; the start stops
    ├── ForbiddenError           this caller may not change anything
    ├── BusyError                the same deed is already under way
    ├── NotYetError              what is asked for will be there, and is not yet
    ├── OverTimeError            it was stopped at its own limit of time
    ├── StoppedError             the service is stopping; what was done is kept, the rest comes later
    ├── StoreError               the time-series store or the ledger cannot serve
    │   ├── StoreAwayError       it does not answer; it may again by itself, and writes wait in the spool
    │   ├── WrongWorldError      simulated data offered to a real store, or the reverse
    │   └── UnreadableError      something kept there was damaged, or written by another version
    ├── RegistryAwayError        the model registry does not answer; what serves goes on from the shelf
    └── UpstreamError            a source outside did not give what was asked
        ├── UpstreamDownError        transient: silence, 5xx, 429, firewall page, cut-off body; ask again later
        ├── UpstreamRefusedError     it refuses the key; asking again is useless until the key changes
        ├── UpstreamEmptyError       it answered, and it has no data for that window (yet)
        └── UpstreamLiedError        it answered with a body that is not what its format promises

An error carries its facts as attributes and its sentence says the way out. HTTP codes live in web/errors.py alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class ChocolateFactoryError(Exception):
    """Root of the tree.

    Invariants:
        An error crosses process borders with its class, its sentence and its facts, whatever its ``__init__`` takes.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[ChocolateFactoryError], args: tuple[Any, ...], facts: dict[str, Any]) -> ChocolateFactoryError:
    """An error as it was, without its ``__init__``: that takes facts, and the sentence is made already."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class InputError(ChocolateFactoryError):
    """A value that is not allowed.

    Attributes:
        field: name of the parameter, option or column.
        value: what was given, as text.
        allowed: what would have been accepted.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = str(value)[:200]
        self.allowed = allowed
        super().__init__(f"{field}: {self.value!r} is not allowed; {allowed}.")


class NotFoundError(InputError):
    """Something named that does not exist."""


class SettingsError(ChocolateFactoryError):
    """The environment is wrong.

    Attributes:
        problems: one sentence for each wrong name, never with a secret's value.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("The settings are wrong:\n  " + "\n  ".join(problems))


class ForbiddenError(ChocolateFactoryError):
    """The caller may not change anything here."""


class BusyError(ChocolateFactoryError):
    """The same deed is already under way."""


class NotYetError(ChocolateFactoryError):
    """What is asked for will be there, and is not yet."""


class OverTimeError(ChocolateFactoryError):
    """Work was stopped at its own limit of time."""


class StoppedError(ChocolateFactoryError):
    """The service is stopping."""


class StoreError(ChocolateFactoryError):
    """The store or the ledger cannot serve."""


class StoreAwayError(StoreError):
    """The store behind the network does not answer, or not this service; that may pass by itself."""


class UnreadableError(StoreError):
    """Something kept was damaged, or written by another version."""


class RegistryAwayError(ChocolateFactoryError):
    """The model registry does not answer; what serves goes on from this machine's copy."""


class WrongWorldError(StoreError):
    """Simulated data offered to a store of real data, or the reverse."""


class UpstreamError(ChocolateFactoryError):
    """A source outside did not give what was asked.

    Attributes:
        upstream: its name, e.g. ``ree``.
        why: one clause, without secrets.
    """

    def __init__(self, upstream: str, why: str) -> None:
        self.upstream = upstream
        self.why = why
        super().__init__(f"{upstream}: {why}")


class UpstreamDownError(UpstreamError):
    """Transient trouble.

    Attributes:
        retry_at: when the upstream asked to be left alone until (aware UTC), if it did.
    """

    def __init__(self, upstream: str, why: str, retry_at: datetime | None = None) -> None:
        self.retry_at = retry_at
        super().__init__(upstream, why)


class UpstreamRefusedError(UpstreamError):
    """The key is missing, wrong or expired."""


class UpstreamEmptyError(UpstreamError):
    """No data for that window (yet)."""


class UpstreamLiedError(UpstreamError):
    """A body that is not what its format promises."""
