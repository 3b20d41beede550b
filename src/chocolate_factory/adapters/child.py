"""Heavy work in a process of its own: it cannot make the service slow, and at its limit it is killed."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from chocolate_factory.domain.errors import ChocolateFactoryError, StoppedError
from chocolate_factory.ports import Clock

#: How much the service goes before its children where both want the processor (nice).
NICER = 10
#: How often a parent looks whether it should stop, s.
LOOK_S = 0.1
#: prctl(2): a signal for this process when the thread that started it ends.
PR_SET_PDEATHSIG = 1
#: A child that was killed is gone after this, s.
GONE_S = 5.0


class Child:
    """Calls a function of a module in a new process.

    Args:
        stopping: whether the service stops, so that nobody waits for the answer any more.
    """

    def __init__(self, clock: Clock, stopping: Callable[[], bool]) -> None:
        self._clock = clock
        self._stopping = stopping

    def call(self, work: str, given: Any, limit_s: float, tell: Callable[[float, str], None] | None = None) -> Any:
        """What a function gives back.

        Args:
            work: ``module:function``; only the child imports it, so a solver's memory is not the service's.
            given: its one argument; it and the answer are pickled.
            limit_s: after so many seconds the process is killed.
            tell: hears share done (0..1) and message; then the function takes a second argument to call with them.

        Raises:
            ChocolateFactoryError: what the function raised of ours; or the child died, or was killed at its limit.
            StoppedError: the service stops.
        """
        # spawned: a fork of a process with threads may hang
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, work, given, tell is not None))
        try:
            process.start()
            theirs.close()
            answer, problem = self._wait(ours, limit_s, work.partition(":")[2], tell)
        finally:
            ours.close()
            _kill(process)
        if problem is not None:
            raise problem
        return answer

    def _wait(self, ours: Connection, limit_s: float, name: str, tell: Callable[[float, str], None] | None) -> Answer:
        until = self._clock.monotonic() + limit_s
        while True:
            if ours.poll(LOOK_S):
                said = _said(ours, name)
                if not isinstance(said, Told):
                    return said
                if tell is not None:
                    tell(*said)
            if self._stopping():
                raise StoppedError(f"The service stopped before {name} was done.")
            if self._clock.monotonic() > until:
                raise ChocolateFactoryError(f"{name} was stopped at its limit of {limit_s:g} s.")


def _kill(process: BaseProcess) -> None:
    """It, and the processes that it started."""
    with suppress(ProcessLookupError):  # it is not the leader of its group yet, or has ended already
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.kill()
    process.join(GONE_S)


class Told(NamedTuple):
    """What a child says while it works."""

    share: float
    message: str


Answer = tuple[Any, ChocolateFactoryError | None]


def _said(ours: Connection, name: str) -> Told | Answer:
    try:
        said: Told | Answer = pickle.loads(ours.recv_bytes())  # noqa: S301  from our own child
    except EOFError as e:
        raise ChocolateFactoryError(f"The process of {name} died; was the memory enough?") from e
    return said


def _die_with_parent() -> None:
    """A service that is killed leaves no solver behind; where the system has no such order, one runs to its end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # it died before
        sys.exit(1)


def _work(theirs: Connection, work: str, given: Any, tells: bool) -> None:  # noqa: FBT001  Process passes by position
    """In the child: the answer, or what we know how to tell, to the parent; anything else ends it with a traceback."""
    os.setsid()  # leader of a group: what it starts ends with it
    os.dup2(2, 1)  # now and then HiGHS writes to standard output, where the parent may be printing JSON
    _die_with_parent()
    os.nice(NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent, which kills us
    try:
        module, _, name = work.partition(":")
        deed = getattr(import_module(module), name)
        answer: Answer = (deed(given, partial(_tell, theirs)) if tells else deed(given)), None
    except ChocolateFactoryError as e:
        answer = None, e
    theirs.send_bytes(pickle.dumps(answer))


def _tell(theirs: Connection, share: float, message: str) -> None:
    theirs.send_bytes(pickle.dumps(Told(share, message)))
