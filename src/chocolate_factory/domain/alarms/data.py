"""Alarms of the data: what is missing, late, standing still or changed."""

from __future__ import annotations

from chocolate_factory.domain.alarms.alarm import INFO, WARNING, Alarm, Ends, Words

PRICES_MISSING = Alarm(
    "prices-missing:<series>",
    WARNING,
    Words(
        "Prices of tomorrow are not there at 22:00 (Madrid), or those of today are not there at all.",
        "Plans go on with forecast prices. See `GET /health` for REE, ESIOS and OMIE; `POST /ingest-now` asks again.",
    ),
    Words(
        "A las 22:00 no están los precios de mañana, o faltan los de hoy.",
        "Se planifica con precios previstos. Mire REE, ESIOS y OMIE en `GET /health`; `POST /ingest-now` los pide.",
    ),
)
SERIES_LATE = Alarm(
    "series-late:<series>",
    WARNING,
    Words(
        "Its next value is overdue by more than three hours from whatever source, or none ever came.",
        "See `GET /health` for its sources; the gap is filled by itself once one of them answers.",
    ),
    Words(
        "Su siguiente dato lleva más de tres horas de retraso, venga de donde venga, o nunca llegó ninguno.",
        "Mire sus fuentes en `GET /health`; el hueco se rellena solo cuando una responda.",
    ),
)
SOURCE_SILENT = Alarm(
    "source-silent:<source>",
    WARNING,
    Words(
        "A weather source that spoke every hour has said nothing new for six; it may be repeating an old hour.",
        "Other sources stand in. Look at the station or the service; AEMET keeps its last twelve hours and no more.",
    ),
    Words(
        "Una fuente meteorológica que hablaba cada hora lleva seis sin nada nuevo; quizá repite una hora vieja.",
        "Otras fuentes la suplen. Mire la estación o el servicio; AEMET solo guarda sus últimas doce horas.",
    ),
)
SENSOR_BROKEN = Alarm(
    "drift.sensor.<series/source>",
    WARNING,
    Words(
        "A source's values stand still, speak of one old hour again and again, or have jumped alone.",
        "Look at the source and its device. Nothing is trained on these values; other sources stand in.",
    ),
    Words(
        "Los valores de una fuente no cambian, hablan una y otra vez de una hora vieja o han saltado solos.",
        "Mire la fuente y su aparato. No se aprende nada de esos valores; otras fuentes la suplen.",
    ),
)
WORLD_CHANGED = Alarm(
    "drift.world.<what>",
    INFO,
    Words(
        "The data are right, and what they tell of has changed: prices, weather, demand or the rules.",
        "The models are trained again by themselves; see `GET /models/status`.",
    ),
    Words(
        "Los datos son correctos y lo que cuentan ha cambiado: precios, tiempo, demanda o las reglas.",
        "Los modelos se entrenan solos de nuevo; mire `GET /models/status`.",
    ),
)
MODEL_WORSE = Alarm(
    "drift.model.<name>",
    WARNING,
    Words(
        "Data and world are as before, and the model errs more than it promised.",
        "It is trained again by itself; where it stays beaten, its baseline serves. See `GET /models/status`.",
    ),
    Words(
        "Los datos y el mundo son los de antes, y el modelo yerra más de lo que prometía.",
        "Se entrena solo de nuevo; si sigue peor, sirve su referencia. Mire `GET /models/status`.",
    ),
)
RECOVERY_FAILED = Alarm(
    "recovery-failed",
    WARNING,
    Words(
        "Some gaps could not be filled because an upstream failed.",
        "The next check tries again by itself; see `GET /health` for the upstream that is down.",
    ),
    Words(
        "Algunos huecos no se pudieron rellenar porque falló una fuente.",
        "La próxima comprobación lo intenta sola; mire en `GET /health` qué fuente está caída.",
    ),
)
RECOVERY_DONE = Alarm(
    "recovery-done:<when>",
    INFO,
    Words("A recovery filled what was missing.", "Nothing to do."),
    Words("Una recuperación ha rellenado lo que faltaba.", "No hay que hacer nada."),
    Ends.AT_ONCE,
)
