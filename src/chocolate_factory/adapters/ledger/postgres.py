"""PostgreSQL behind the ledger: whatever becomes of it, whoever asks it hears within seconds.

A network that dies is noticed by TCP, a lock that lasts by the server. A server that is stopped or hangs on its disk
notices nothing and its system acknowledges every packet: that only a limit of our own ends.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa

#: For each connection, s; and for each statement, by the server, waits for locks included.
CONNECT_S, STATEMENT_S = 5, 10
#: What a brain that is stopped in the middle of a transaction holds, others get after this, s.
IDLE_S = 20
#: Silence that is the end of a connection, s; longer than a statement may take.
SILENCE_S = 15.0
#: The network's own: the first probe of a silent peer after ten seconds, lost after five more probes.
TCP = {
    "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 2, "keepalives_count": 5,
    "tcp_user_timeout": round(1000 * SILENCE_S),
}  # fmt: skip
SERVER = f"-c statement_timeout={STATEMENT_S}s -c idle_in_transaction_session_timeout={IDLE_S}s"

V = TypeVar("V")
Talk = Generator[Any, Any, V]


class ImpatientConnection(psycopg.Connection[Any]):
    """One whose server may not be silent for longer than ``SILENCE_S``."""

    def wait(self, gen: Talk[V], *args: Any, **options: Any) -> V:
        """What the server answers.

        Raises:
            OperationalError: it does not; the connection is closed.
        """
        return super().wait(_heard(gen, self), *args, **options)


def _heard(talk: Talk[V], connection: psycopg.Connection[Any]) -> Talk[V]:
    """The same talk, ended where the server has been silent too long: psycopg says when nothing came, with 0."""
    try:
        wanted, heard_at = next(talk), time.monotonic()
        while True:
            ready = yield wanted
            if ready:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_S:
                connection.close()
                raise psycopg.OperationalError(f"the server has been silent for {SILENCE_S:g} s")
            wanted = talk.send(ready)
    except StopIteration as end:
        answer: V = end.value
        return answer


def impatient_engine(url: sa.URL) -> sa.Engine:
    """An engine whose waits are bounded; what the URL says of them itself holds."""
    own = {"connect_timeout": CONNECT_S, "options": SERVER, **TCP}
    given = {name: value for name, value in own.items() if name not in url.query}
    # asked first whether it lives: a server that was away costs nobody an error afterwards
    engine = sa.create_engine(url, connect_args=given, pool_pre_ping=True)
    sa.event.listen(engine, "do_connect", _connect)
    return engine


def _connect(_dialect: object, _record: object, words: list[str], options: dict[str, Any]) -> ImpatientConnection:
    return ImpatientConnection.connect(*words, **options)
