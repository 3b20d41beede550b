"""What notices say, in Spanish and English: the frame around an alert's own sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chocolate_factory.domain.notice import LOUDNESS, Message, Notice
from chocolate_factory.domain.time import MADRID
from chocolate_factory.domain.work import Alert, Severity

#: Of the alerts of one message so many are told in full; a telephone shows no more.
SHOWN = 12
#: Characters of an alert's sentence where it is one among several.
BRIEF = 160

_WORDS: Final = {
    "es": {
        "info": "Información", "warning": "Atención", "critical": "Crítico", "closed": "Resuelto",
        "do": "Qué hacer: {action}", "since": "Desde el {at} (hora de Madrid)",
        "lasted": "Del {opened} al {closed} (hora de Madrid)", "when": "%d/%m/%Y %H:%M",
        "many": "{n} avisos", "more": "… y {n} más: `chocolate-factory alerts` los muestra todos.",
        "test": "Prueba", "tested": "Los avisos llegan hasta aquí. Enviado el {at} (hora de Madrid).",
    },
    "en": {
        "info": "Information", "warning": "Warning", "critical": "Critical", "closed": "Closed",
        "do": "What to do: {action}", "since": "Since {at} (Madrid time)",
        "lasted": "From {opened} to {closed} (Madrid time)", "when": "%Y-%m-%d %H:%M",
        "many": "{n} alerts", "more": "… and {n} more: `chocolate-factory alerts` shows them all.",
        "test": "Test", "tested": "Alerts arrive here. Sent on {at} (Madrid time).",
    },
}  # fmt: skip


def opened(alert: Alert, language: str) -> tuple[str, str]:
    """Title and body of an alert that is open, or graver than before."""
    words = _WORDS[language]
    since = words["since"].format(at=_when(alert.opened_at, language))
    return _title(alert.severity.value, alert, language), _lines(
        alert.message, words["do"].format(action=alert.action), since
    )


def closed(alert: Alert, language: str) -> tuple[str, str]:
    """Title and body of an alert whose cause is gone."""
    ended = alert.closed_at or alert.last_seen_at
    spell = {"opened": _when(alert.opened_at, language), "closed": _when(ended, language)}
    return _title("closed", alert, language), _lines(alert.message, _WORDS[language]["lasted"].format(**spell))


def one_message(notices: Sequence[Notice], language: str) -> Message:
    """What is sent together as one message, the gravest first."""
    if len(notices) == 1:
        return Message(notices[0].title, notices[0].body, notices[0].severity)
    words = _WORDS[language]
    ordered = sorted(notices, key=lambda n: -LOUDNESS.index(n.severity))
    parts = [f"{n.title}\n{_brief(n.body)}" for n in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        parts.append(words["more"].format(n=len(ordered) - SHOWN))
    worst = ordered[0].severity
    title = f"{words[worst.value]}: {words['many'].format(n=len(ordered))}"
    return Message(title, "\n\n".join(parts), worst)


def trial_message(at: datetime, language: str) -> Message:
    """What ``alerts test`` sends."""
    words = _WORDS[language]
    return Message(f"{words['test']}: Chocolate Factory", words["tested"].format(at=_when(at, language)), Severity.INFO)


def _title(word: str, alert: Alert, language: str) -> str:
    return f"{_WORDS[language][word]}: {' '.join(alert.cause.split())}"


def _lines(*lines: str) -> str:
    return "\n".join(line.strip() for line in lines)


def _brief(body: str) -> str:
    """What is wrong and what to do, each in little room."""
    return "\n".join(line if len(line) <= BRIEF else f"{line[: BRIEF - 1]}…" for line in body.split("\n")[:2])


def _when(moment: datetime, language: str) -> str:
    return f"{moment.astimezone(MADRID):{_WORDS[language]['when']}}"
