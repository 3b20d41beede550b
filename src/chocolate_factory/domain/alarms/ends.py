"""Alarms of what ends on a day: keys, certificates, tables, calendars."""

from __future__ import annotations

from chocolate_factory.domain.alarms.alarm import CRITICAL, GROWS, WARNING, Alarm, Words

KEY_REFUSED = Alarm(
    "key-refused:<upstream>",
    CRITICAL,
    Words(
        "The upstream refuses the key, or it has expired.",
        "Put a working key into `.env` or its `*_FILE`; a new OpenWeatherMap key is refused for up to two hours.",
    ),
    Words(
        "La fuente rechaza la clave, o ha caducado.",
        "Ponga una clave válida en `.env` o en su `*_FILE`; una de OpenWeatherMap tarda hasta dos horas en valer.",
    ),
)
KEY_EXPIRES = Alarm(
    "key-expires:<upstream>:30",
    WARNING,
    Words("The key ends within 30 days.", "Ask for a new one; AEMET has no renewal call."),
    Words("La clave caduca en menos de 30 días.", "Pida una nueva; AEMET no tiene renovación automática."),
)
KEY_EXPIRES_NOW = Alarm(
    "key-expires:<upstream>:6",
    CRITICAL,
    Words("The key ends within 6 days.", "Ask for a new one now; AEMET has no renewal call."),
    Words("La clave caduca en menos de 6 días.", "Pida una nueva ya; AEMET no tiene renovación automática."),
)
CERTIFICATE_ENDS = Alarm(
    "certificate-ends:<file>",
    GROWS,
    Words(
        "A certificate of `CERTIFICATES` ends within 30 days (critical: within 6, or it has ended).",
        "Renew it, or look at what should have renewed it.",
    ),
    Words(
        "Un certificado de `CERTIFICATES` caduca en menos de 30 días (crítico: en menos de 6, o ya caducó).",
        "Renuévelo, o mire lo que debía haberlo renovado.",
    ),
)
CERTIFICATE_UNREADABLE = Alarm(
    "certificate-unreadable:<file>",
    WARNING,
    Words(
        "A path of `CERTIFICATES` cannot be read, or no certificate is in it: nobody watches its end.",
        "Mend the path or its permissions, or take it out of `CERTIFICATES`.",
    ),
    Words(
        "Una ruta de `CERTIFICATES` no se puede leer o no contiene certificados: nadie vigila su caducidad.",
        "Corrija la ruta o sus permisos, o quítela de `CERTIFICATES`.",
    ),
)
TABLES_END = Alarm(
    "down:tariff tables",
    GROWS,
    Words(
        "The dated tables of tolls, charges and taxes end within 30 days (critical: none holds today).",
        'Add the new decree\'s file: see "Once a year" in docs/operate.md. Without it there is no all-in price.',
    ),
    Words(
        "Las tablas de peajes, cargos e impuestos terminan en menos de 30 días (crítico: hoy no rige ninguna).",
        "Añada el archivo del nuevo decreto: «Once a year» en docs/operate.md. Sin él no hay precio final.",
    ),
)
CALENDAR_ENDS = Alarm(
    "calendar-ends:<which>",
    WARNING,
    Words(
        "A calendar ends within 30 days: `crew`, the last year with days off listed; `tariff`, periods and holidays.",
        "`crew`: list next year's days off under `crew.holidays` in the plant's file. `tariff`: add the decree's file.",
    ),
    Words(
        "Un calendario termina en menos de 30 días: `crew`, el último año con festivos; `tariff`, periodos y festivos.",
        "`crew`: ponga los festivos del año próximo en `crew.holidays` de la planta. `tariff`: añada el decreto.",
    ),
)
