"""Work in a process of its own: its answer, our errors, its death, its limit, the service's stop."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError, OverTimeError, StoppedError

HERE = "test_child"


# what the children do; they import this module by its name
def doubled(given):
    return 2 * given


def process(given):
    return os.getpid(), os.nice(0), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def loaded(given):
    return sorted(name for name in given if name in sys.modules)


def refuse(given):
    raise InputError("peak_kw", given, "more than the plant takes at rest")


def stumble(given):
    raise ZeroDivisionError


def die(given):
    os.kill(os.getpid(), signal.SIGKILL)


def linger(given):
    Path(given).write_text(str(os.getpid()))
    time.sleep(60)


def heed(given):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    Path(given).write_text(str(os.getpid()))
    assert stop.wait(30.0)
    return "at the end of its step"


def ignore(given):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    linger(given)


def lines(_given):
    return structlog.contextvars.get_contextvars()


def prepare(file, word):
    Path(file).write_text(word)


def report(given, tell):
    for step in range(given):
        tell(step / given, f"step {step}")
    return given


def hire(given):
    """Work with a worker of its own, who writes down who it is."""
    from chocolate_factory.adapters.parallel import Processes

    Processes(2)(linger, [given, f"{given}.too"])


def much(given):
    return bytes(given)


def die_in_the_middle_of_a_word(given, tell):
    """Its length is there, and not the whole of it."""
    os.write(tell.args[0].fileno(), (1000).to_bytes(4, "big") + b"half a word")
    os.kill(os.getpid(), signal.SIGKILL)


def cannot_begin():
    """For the trial of a system that gives no process, in a session of its own; prints what the caller hears."""
    forkserver.connect_to_new_process = lambda _fds: os.open("/nowhere", os.O_RDONLY)
    try:
        child().call(f"{HERE}:doubled", 1, 60)
    except ChocolateFactoryError as e:
        print(e)


def deaf(given):
    """It ends at the first word of the service, as one does that is still loading."""
    Path(given).write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    time.sleep(60)


def lead(given):
    """A parent for the trial of its own end: its child writes where it was told to."""
    Child(SystemClock(), lambda: False).call(f"{HERE}:linger", given, 60.0)


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))


def child(stopping=lambda: False) -> Child:
    return Child(SystemClock(), stopping)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_answer_comes_from_another_process_that_gives_way():
    pid, nice, deaf = child().call(f"{HERE}:process", None, 60)
    assert pid != os.getpid()
    assert nice > os.nice(0)
    assert deaf, "a terminal's Ctrl-C is for the parent"
    assert is_gone(pid)


def test_its_argument_and_answer_travel_whole():
    assert child().call(f"{HERE}:doubled", [1.5, math.inf], 60) == [1.5, math.inf, 1.5, math.inf]
    assert len(child().call(f"{HERE}:much", 5_000_000, 60)) == 5_000_000


def test_it_loads_what_its_work_needs_and_not_the_command_line_or_the_web():
    assert child().call(f"{HERE}:loaded", ["fastapi", "uvicorn", "typer", "scipy"], 60) == []


def test_an_error_of_ours_arrives_with_its_facts():
    with pytest.raises(InputError) as told:
        child().call(f"{HERE}:refuse", 3, 60)
    assert (told.value.field, told.value.value) == ("peak_kw", "3")
    assert "more than the plant takes" in str(told.value)


@pytest.mark.parametrize("work", ["stumble", "die"])
def test_a_death_is_told_by_the_works_name(work):
    with capture_logs() as lines, pytest.raises(ChocolateFactoryError, match=f"The process of {work} died"):
        child().call(f"{HERE}:{work}", None, 60)
    assert [("ZeroDivisionError" in line["traceback"]) for line in lines] == [True] * (work == "stumble")


def test_one_that_dies_in_the_middle_of_a_word_is_a_death_too():
    with pytest.raises(ChocolateFactoryError, match="The process of die_in_the_middle_of_a_word died"):
        child().call(f"{HERE}:die_in_the_middle_of_a_word", None, 60, lambda _share, _message: None)


def test_where_the_system_gives_no_process_it_says_so_and_kills_nobody():
    """A group that has no leader yet is one's own: nobody may be sent to kill that."""
    alone = [sys.executable, "-c", f"import {HERE}; {HERE}.cannot_begin()"]
    done = subprocess.run(alone, start_new_session=True, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No process could be started for doubled (")


def test_a_server_of_forks_that_was_killed_is_started_again():
    assert child().call(f"{HERE}:doubled", 1, 60) == 2
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    assert eventually(answers_again)


def answers_again() -> bool:
    """The call that finds it dying may fail; no later one may."""
    with suppress(ChocolateFactoryError):
        return child().call(f"{HERE}:doubled", 2, 60) == 4
    return False


def test_one_that_cannot_hear_yet_that_it_should_stop_has_stopped_all_the_same(tmp_path):
    told = tmp_path / "pid"
    with pytest.raises(StoppedError, match="before deaf was done"):
        child(lambda: told.exists() and bool(told.read_text())).call(f"{HERE}:deaf", str(told), 60, grace_s=30.0)


def test_at_its_limit_it_is_killed(tmp_path):
    with pytest.raises(OverTimeError, match="stopped at its limit of 3 s"):
        child().call(f"{HERE}:linger", str(tmp_path / "pid"), 3)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_what_is_told_to_stop_may_end_its_step(tmp_path):
    file = tmp_path / "pid"
    answer = child(lambda: file.exists() and bool(file.read_text())).call(f"{HERE}:heed", str(file), 60, grace_s=10.0)
    assert answer == "at the end of its step"


def test_what_does_not_heed_is_killed_once_its_grace_is_over(tmp_path):
    file = tmp_path / "pid"

    def unwanted() -> bool:
        return file.exists() and bool(file.read_text())

    with pytest.raises(StoppedError):
        child().call(f"{HERE}:ignore", str(file), 60, grace_s=0.5, unwanted=unwanted)
    assert is_gone(int(file.read_text()))


def test_its_log_lines_carry_what_its_parents_do():
    with structlog.contextvars.bound_contextvars(job="ree_ingestion"):
        assert child().call(f"{HERE}:lines", None, 60) == {"job": "ree_ingestion"}


def test_it_does_first_what_each_child_does_first(tmp_path):
    told = tmp_path / "told"
    alone = Child(SystemClock(), lambda: False, (f"{HERE}:prepare", (str(told), "json")))
    assert alone.call(f"{HERE}:doubled", 2, 60) == 4
    assert told.read_text() == "json"


def test_a_stop_of_the_service_ends_it_at_once(tmp_path):
    stopping, file = threading.Event(), tmp_path / "pid"

    def stop_once_it_works():
        eventually(lambda: file.exists() and file.read_text())
        stopping.set()  # where it never worked too: then the stop comes too early, and the test fails rather than hangs

    threading.Thread(target=stop_once_it_works, daemon=True).start()
    with pytest.raises(StoppedError, match="before linger was done"):
        child(stopping.is_set).call(f"{HERE}:linger", str(file), 60)
    assert is_gone(int(file.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="the order to die with one's parent is Linux's")
def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    told = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", f"import {HERE}; {HERE}.lead({str(told)!r})"])
    try:
        assert eventually(lambda: told.exists() and told.read_text())
        child = int(told.read_text())
        assert is_alive(child)
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def eventually(true) -> bool:
    deadline = time.monotonic() + 20.0
    while not (found := bool(true())) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_it_tells_how_far_it_is():
    heard = []
    answer = child().call(f"{HERE}:report", 3, 60, lambda share, message: heard.append((round(share, 2), message)))
    assert (answer, heard) == (3, [(0.0, "step 0"), (0.33, "step 1"), (0.67, "step 2")])


def test_its_workers_end_with_it(tmp_path):
    told = (tmp_path / "pid", tmp_path / "pid.too")

    def all_work() -> bool:
        return all(file.exists() and file.read_text() for file in told)

    with pytest.raises(StoppedError):
        child(all_work).call(f"{HERE}:hire", str(told[0]), 60)
    workers = [int(file.read_text()) for file in told]
    assert eventually(lambda: not any(is_alive(worker) for worker in workers))


def test_workers_end_with_whoever_killed_leaves_them(tmp_path):
    told = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", f"import {HERE}; {HERE}.hire({str(told)!r})"])
    try:
        assert eventually(lambda: told.exists() and told.read_text())
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: not is_alive(int(told.read_text())))


def chatter(_given):
    """As a solver's library does, past Python's own output."""
    os.write(1, b"tmpSolver.run();\n")
    return "answer"


def test_what_its_libraries_print_is_not_taken_for_an_answer():
    """In a process of its own: a child prints where the server of forks did when it began."""
    ask = f"import {HERE}; print({HERE}.child().call('{HERE}:chatter', None, 60))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "answer\n"
    assert "tmpSolver" in done.stderr
