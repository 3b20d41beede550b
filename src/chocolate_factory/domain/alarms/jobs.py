"""Alarms of the timetable: what did not run, and what came of what did."""

from __future__ import annotations

from chocolate_factory.domain.alarms.alarm import INFO, WARNING, Alarm, Ends, Words

JOB_DID_NOT_RUN = Alarm(
    "job-did-not-run:<id>",
    WARNING,
    Words(
        "The job was due more than half an hour ago and has not begun.",
        "See `GET /scheduler/status` and the log for why; restart the service.",
    ),
    Words(
        "El trabajo tocaba hace más de media hora y no ha empezado.",
        "Mire por qué en `GET /scheduler/status` y en el registro; reinicie el servicio.",
    ),
)
JOB_FAILED = Alarm(
    "job-failed:<id>",
    WARNING,
    Words("The job's newest run failed.", "Read its error in the alert; it runs again by itself."),
    Words("La última ejecución del trabajo ha fallado.", "Lea el error en el aviso; se repite sola."),
)
JOB_HUNG = Alarm(
    "job-hung:<id>",
    WARNING,
    Words(
        "The job's newest run came to no end and was stopped at its limit.",
        "It runs again by itself. Where it hangs again, the log says what it was waiting for.",
    ),
    Words(
        "La última ejecución del trabajo no terminaba y se detuvo en su límite.",
        "Se repite sola. Si vuelve a colgarse, el registro dice qué esperaba.",
    ),
)
JOB_BROUGHT_NOTHING = Alarm(
    "job-brought-nothing:<id>",
    WARNING,
    Words(
        "Three runs in a row asked and brought nothing.",
        "See `GET /gaps/summary` for the series that is late and `GET /health` for its source.",
    ),
    Words(
        "Tres ejecuciones seguidas preguntaron y no trajeron nada.",
        "Mire en `GET /gaps/summary` qué serie va con retraso y en `GET /health` su fuente.",
    ),
)
JOB_PAUSED = Alarm(
    "job-paused:<id>",
    INFO,
    Words("The job has been paused for more than a day; it does not run.", "Resume it, if that was forgotten."),
    Words("El trabajo lleva más de un día en pausa; no se ejecuta.", "Reanúdelo, si fue un olvido."),
)
BRAIN_LOST = Alarm(
    "brain-lost:<brain>",
    WARNING,
    Words(
        "A brain died in the middle of a run: killed, or its machine went off. Those that live go on with its jobs.",
        "Nothing, if it was started again since; else look at that machine and its memory; the alert names it.",
    ),
    Words(
        "Un cerebro murió en plena ejecución: lo mataron o se apagó su máquina. Los que viven siguen con sus trabajos.",
        "Nada, si ya se ha vuelto a arrancar; si no, mire esa máquina (su nombre está en el aviso) y su memoria.",
    ),
    Ends.AT_ONCE,
)
