"""The service's own parts, and those it asks: each with its state, in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chocolate_factory.domain.alarms import Trouble, ends, parts
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.work import Check, Severity, UpstreamHealth
from chocolate_factory.ports import JobLedger, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.tell import Look

OK, DEGRADED, DOWN, UNKNOWN = "ok", "degraded", "down", "unknown"
UPSTREAM: Final = "upstream:"

#: A disk is nearly full when less than this share of it is left, and less than a plant needs for years.
DISK_SHARE: Final = 0.05
DISK_PLENTY_BYTES: Final = 20 * 2**30
#: Below this little more can be written.
DISK_FULL_BYTES: Final = 500 * 2**20

#: By the name of the part.
ALARMS: Final = {
    "store": parts.STORE_DOWN,
    "store spool": parts.SPOOL_WAITS,
    "ledger": parts.LEDGER_DOWN,
    "disk": parts.DISK_FULL,
    "plant file": parts.PLANT_FILE_WRONG,
    "tariff tables": ends.TABLES_END,
}
#: What these do not say is told elsewhere: the registry by ``usecases/models``, the health check by ``Watchdog``.
TOLD_ELSEWHERE: Final = frozenset({"models", "health check"})


@dataclass(frozen=True)
class Parts:
    """What is asked how it is.

    Attributes:
        filling: the kinds of truth that count.
        upstreams: what calling each of them showed.
    """

    store: TimeSeriesStore
    jobs: JobLedger
    plant: PlantFile
    data_dir: Path
    filling: frozenset[Kind]
    upstreams: Callable[[], list[UpstreamHealth]]

    def store_check(self) -> Check:
        """Whether the store answers."""
        try:
            self.store.last("pvpc", self.filling)
        except StoreError as e:
            return Check("store", DOWN, str(e))
        return Check("store", OK, self.store.backend)

    def ledger_check(self) -> Check:
        """Whether the ledger answers."""
        try:
            self.jobs.jobs(1)
        except StoreError as e:
            return Check("ledger", DOWN, str(e))
        return Check("ledger", OK, "answers")

    def disk_check(self) -> Check:
        """How much of the disk is left."""
        try:
            disk = shutil.disk_usage(self.data_dir)
        except OSError as e:
            why = f"{self.data_dir} cannot be read ({e.strerror})"
            return Check("disk", DOWN, why, severity=Severity.CRITICAL)
        detail = f"{disk.free / 2**30:.1f} GiB left, {100 * disk.free / disk.total:.1f} %"
        if disk.free < DISK_FULL_BYTES:
            return Check("disk", DEGRADED, detail, severity=Severity.CRITICAL)
        nearly_full = disk.free < DISK_SHARE * disk.total and disk.free < DISK_PLENTY_BYTES
        return Check("disk", DEGRADED if nearly_full else OK, detail)

    def plant_check(self) -> Check:
        """Whether the plant's file is right."""
        name = self.plant().name
        if self.plant.problem:
            return Check("plant file", DEGRADED, f"{self.plant.problem} The plant before holds: {name}")
        return Check("plant file", OK, name)

    def upstream_checks(self) -> Iterator[Check]:
        """Whether each upstream answered when it was last asked."""
        for h in self.upstreams():
            status = UNKNOWN if h.up is None else OK if h.up else DOWN
            detail = h.last_error or ("answers" if h.up else "not asked yet")
            yield Check(f"{UPSTREAM}{h.name}", status, detail, h.since)


def look_at_parts(checks: Sequence[Check]) -> Look:
    """What is not well; of what nobody has asked yet, what was said before a restart stands."""
    told = [check for check in checks if check.name not in TOLD_ELSEWHERE]
    found = (_trouble(check) for check in told if check.status in (DOWN, DEGRADED))
    unknown = (_trouble(check).cause for check in told if check.status == UNKNOWN)
    return Look((*ALARMS.values(), parts.UPSTREAM_DOWN), tuple(found), tuple(unknown))


def _trouble(check: Check) -> Trouble:
    wrong = f"{check.name}: {check.detail}"
    if check.name.startswith(UPSTREAM):
        return parts.UPSTREAM_DOWN.trouble(wrong, check.name.removeprefix(UPSTREAM))
    return ALARMS[check.name].trouble(wrong, severity=check.severity)
