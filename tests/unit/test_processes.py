"""Whether a process that once said who it was still runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chocolate_factory.adapters.processes import identity, is_alive

SAY = "from chocolate_factory.adapters.processes import identity; print(identity(), flush=True); input()"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system keeps no /proc")


def test_this_one_runs_and_says_the_same_each_time():
    assert is_alive(identity()) is True
    assert identity() == identity()
    assert len(identity().split()) == 4


def test_another_one_runs_until_it_is_killed_buried_or_not():
    child = subprocess.Popen([sys.executable, "-c", SAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    who = child.stdout.readline().strip()
    assert who != identity()
    assert is_alive(who) is True
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has asked for its end yet
    assert is_alive(who) is False
    child.communicate()
    assert is_alive(who) is False


def test_a_number_that_another_process_has_now_is_not_the_one_that_had_it():
    host, boot, pid, began = identity().split()
    assert is_alive(f"{host} {boot} {pid} {int(began) - 1}") is False
    assert is_alive(f"{host} another-start {pid} {began}") is False


def test_of_another_machine_or_without_a_start_nobody_knows():
    _host, boot, pid, began = identity().split()
    assert is_alive(f"elsewhere {boot} {pid} {began}") is None
    assert is_alive(identity().rpartition(" ")[0] + " ") is None
