"""One at a time, of threads and of processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chocolate_factory.adapters.file_lock import FileTurn, ThreadTurn

HOLDER = """
import sys, time
from pathlib import Path
from chocolate_factory.adapters.file_lock import FileTurn
with FileTurn(Path(sys.argv[1])).take(wait=True):
    print("mine", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["thread", "file"])
def turn(request, tmp_path):
    return ThreadTurn() if request.param == "thread" else FileTurn(tmp_path / "a.lock")


def test_it_is_given_once_at_a_time(turn):
    with turn.take(wait=False) as mine:
        assert mine
        with turn.take(wait=False) as another:
            assert not another
    with turn.take(wait=True) as again:
        assert again


def test_a_block_that_fails_lets_go(turn):
    with pytest.raises(ZeroDivisionError), turn.take(wait=True):
        raise ZeroDivisionError
    with turn.take(wait=False) as mine:
        assert mine


@pytest.mark.slow
def test_a_holder_that_is_killed_has_let_go(tmp_path):
    path = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"mine\n"
        with FileTurn(path).take(wait=False) as mine:
            assert not mine
        holder.kill()
        holder.wait(10.0)
        with FileTurn(path).take(wait=False) as mine:
            assert mine
