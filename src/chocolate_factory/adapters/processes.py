"""Who a process is, so that another may tell later whether it still runs."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def identity() -> str:
    """This process: machine, start of the machine, process id, start of the process; the last two say which for ever.

    Where the system keeps no ``/proc``, only the machine is told.
    """
    pid = os.getpid()
    return " ".join((*_machine(), str(pid), _began(pid)))


def is_alive(who: str) -> bool | None:
    """Whether the process of an ``identity`` still runs; None where this machine cannot know."""
    host, boot, pid, began = who.split(" ")
    here, boot_here = _machine()
    if host != here or not began:
        return None
    return boot == boot_here and _began(int(pid)) == began


def _machine() -> tuple[str, str]:
    boot = _PROC / "sys/kernel/random/boot_id"
    return socket.gethostname(), boot.read_text().strip() if boot.exists() else ""


def _began(pid: int) -> str:
    """Ticks from the machine's start to the process's; empty where it does not run, or has ended and is not buried."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, ticks = fields[0], fields[19]  # proc(5): the fields 3 and 22
    return "" if state in "ZX" else ticks
