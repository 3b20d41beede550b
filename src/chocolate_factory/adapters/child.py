"""Work in a process of its own: it cannot make the service slow, and at its limit it is killed.

The first child starts a server of forks, which loads ``PRELOADED`` once; each child is a fork of it, there in a tenth
of a second, what they load shared. The server ends with the process that started it.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

import structlog

from chocolate_factory.domain.errors import ChocolateFactoryError, OverTimeError, StoppedError
from chocolate_factory.ports import Clock

log = structlog.get_logger(__name__)

#: What most children need. A module that cannot be loaded is left to the child that wants it.
PRELOADED = ("chocolate_factory.wiring.house",)
#: How much the service goes before its children where both want the processor (nice).
NICER = 10
#: How often a parent looks whether it should stop, s.
LOOK_S = 0.1
_DIED = "The process of {} died; was the memory enough? The log may say more."
_STOPPED = "The service stopped before {} was done."
#: A child that was killed is gone after this, s.
GONE_S = 5.0


class Child:
    """Calls a function of a module in a new process.

    Args:
        stopping: whether the service stops, so that nobody waits for the answer any more.
        first: what each child does first, ``module:function`` and its arguments: setting up its logs.
    """

    def __init__(
        self, clock: Clock, stopping: Callable[[], bool], first: tuple[str, tuple[Any, ...]] | None = None
    ) -> None:
        self._clock = clock
        self._stopping = stopping
        self._first = first

    def call(
        self,
        work: str,
        given: Any,
        limit_s: float,
        tell: Callable[[float, str], None] | None = None,
        *,
        grace_s: float = 0.0,
        unwanted: Callable[[], bool] = lambda: False,
    ) -> Any:
        """What a function gives back.

        Args:
            work: ``module:function``; only the child imports it, so a solver's memory is not the service's.
            given: its one argument; it and the answer are pickled.
            limit_s: after so many seconds the process is killed.
            tell: hears share done (0..1) and message; then the function takes a second argument to call with them.
            grace_s: when the service stops, the process is told by SIGTERM and has so long to end its step.
            unwanted: whether the answer is not wanted any more, as if the service stopped.

        Raises:
            ChocolateFactoryError: what the function raised of ours; or the child died.
            OverTimeError: it was killed at its limit.
            StoppedError: the service stops.
        """
        terms = _Terms(_name(work), limit_s, grace_s, unwanted)
        errand = _Errand(work, given, tell is not None, self._first, structlog.contextvars.get_contextvars())
        with _begun(errand) as (ours, process):
            answer, problem = self._wait(ours, process, terms, tell)
        if problem is not None:
            if answer is not None:
                log.error("a child broke", work=work, traceback=answer)
            raise problem
        return answer

    def _wait(
        self, ours: Connection, process: BaseProcess, terms: _Terms, tell: Callable[[float, str], None] | None
    ) -> Answer:
        begun = self._clock.monotonic()
        told_to_stop: float | None = None
        while True:
            if ours.poll(LOOK_S):
                said = _said(ours, terms.name, told_to_stop is not None)
                if not isinstance(said, Told):
                    return said
                if tell is not None:
                    tell(*said)
            now = self._clock.monotonic()
            if told_to_stop is None and (self._stopping() or terms.unwanted()):
                told_to_stop = now
                if terms.grace_s:
                    process.terminate()
            if told_to_stop is not None and now >= told_to_stop + terms.grace_s:
                raise StoppedError(_STOPPED.format(terms.name))
            if now > begun + terms.limit_s:
                raise OverTimeError(f"{terms.name} was stopped at its limit of {terms.limit_s:g} s.")


@contextmanager
def _begun(errand: _Errand) -> Iterator[tuple[Connection, BaseProcess]]:
    """A child at work, and where it answers; it is gone after the block.

    Raises:
        ChocolateFactoryError: the system gives no process, or the server of forks died just now. The next call starts
            another.
    """
    # no fork of this process, whose threads hold locks: of a server that has none
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    try:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, errand))
        with theirs:
            process.start()
    except (OSError, EOFError) as e:
        raise ChocolateFactoryError(f"No process could be started for {_name(errand.work)} ({e}).") from e
    with ours:
        try:
            yield ours, process
        finally:
            _kill(process)


def _kill(process: BaseProcess) -> None:
    """It, and the processes that it started."""
    if process.pid is not None:
        with suppress(ProcessLookupError):  # it is not the leader of its group yet, or has ended already
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(GONE_S)


class _Terms(NamedTuple):
    """What was agreed about a piece of work; see ``Child.call``."""

    name: str
    limit_s: float
    grace_s: float
    unwanted: Callable[[], bool]


class _Errand(NamedTuple):
    """What a child is given.

    Attributes:
        lines: what stands on each of its log lines, as on its parent's.
    """

    work: str
    given: Any
    tells: bool
    first: tuple[str, tuple[Any, ...]] | None
    lines: dict[str, Any]


class Told(NamedTuple):
    """What a child says while it works."""

    share: float
    message: str


Answer = tuple[Any, ChocolateFactoryError | None]


def _said(ours: Connection, name: str, told_to_stop: bool) -> Told | Answer:  # noqa: FBT001  its one caller
    try:
        said: Told | Answer = pickle.loads(ours.recv_bytes())  # noqa: S301  from our own child
    except (EOFError, OSError) as e:  # the latter in the middle of a word
        if told_to_stop:  # before it could hear it, or of it
            raise StoppedError(_STOPPED.format(name)) from e
        raise ChocolateFactoryError(_DIED.format(name)) from e
    return said


def _die_with_parent() -> None:
    """A brain that is killed leaves no solver behind; where the system has no such order, one runs to its end.

    The parent holds the other end of a pipe for as long as it lives. The kernel kills this group when that end closes,
    also while C code keeps every thread of ours waiting.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, -os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not parent.is_alive():  # it died before
        sys.exit(1)


def _work(theirs: Connection, errand: _Errand) -> None:
    """In the child: the answer, or what went wrong, to the parent."""
    os.setsid()  # leader of a group: what it starts ends with it
    os.dup2(2, 1)  # now and then HiGHS writes to standard output, where the parent may be printing JSON
    _die_with_parent()
    os.nice(NICER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent, which kills us
    try:
        answer: Answer = _done(theirs, errand), None
    except ChocolateFactoryError as e:
        answer = None, e
    except Exception:  # noqa: BLE001  a fault of ours, told to the parent, whose log is the one that is read
        answer = traceback.format_exc(), ChocolateFactoryError(_DIED.format(_name(errand.work)))
    theirs.send_bytes(pickle.dumps(answer))


def _done(theirs: Connection, errand: _Errand) -> Any:
    if errand.first is not None:
        first, arguments = errand.first
        _function(first)(*arguments)
    structlog.contextvars.bind_contextvars(**errand.lines)
    deed = _function(errand.work)
    return deed(errand.given, partial(_tell, theirs)) if errand.tells else deed(errand.given)


def _function(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _name(work: str) -> str:
    return work.partition(":")[2]


def _tell(theirs: Connection, share: float, message: str) -> None:
    theirs.send_bytes(pickle.dumps(Told(share, message)))
