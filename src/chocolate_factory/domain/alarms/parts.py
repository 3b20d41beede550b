"""Alarms of the service's own parts and of those it asks."""

from __future__ import annotations

from chocolate_factory.domain.alarms.alarm import CRITICAL, GROWS, INFO, WARNING, Alarm, Ends, Words

STORE_DOWN = Alarm(
    "down:store",
    CRITICAL,
    Words(
        "The time-series store cannot serve.",
        "Run `chocolate-factory doctor`. Free disk space, mend the permissions of `DATA_DIR`, or restore a backup.",
    ),
    Words(
        "El almacén de series no responde.",
        "Ejecute `chocolate-factory doctor`. Libere disco, corrija los permisos de `DATA_DIR` o restaure una copia.",
    ),
)
SPOOL_WAITS = Alarm(
    "down:store spool",
    CRITICAL,
    Words(
        "InfluxDB is away, or does not take what waits; ingestion goes on into the spool.",
        "The alert says why and how much waits. Start InfluxDB; what waits is then brought by itself.",
    ),
    Words(
        "InfluxDB no está o no acepta lo que espera; la ingesta sigue en la cola de disco.",
        "El aviso dice por qué y cuánto espera. Arranque InfluxDB; lo que espera se lleva entonces solo.",
    ),
)
LEDGER_DOWN = Alarm(
    "down:ledger",
    CRITICAL,
    Words(
        "Jobs, alerts and gaps cannot be read.",
        "Run `chocolate-factory doctor`. With `LEDGER_URL`, look at that database.",
    ),
    Words(
        "No se pueden leer trabajos, avisos ni huecos.",
        "Ejecute `chocolate-factory doctor`. Con `LEDGER_URL`, mire esa base de datos.",
    ),
)
DISK_FULL = Alarm(
    "down:disk",
    GROWS,
    Words(
        "The disk of `DATA_DIR` is nearly full (critical: less than 500 MiB are left), or cannot be read.",
        "Free space; lower `RAW_LIMIT_MB`; move old backups away.",
    ),
    Words(
        "El disco de `DATA_DIR` está casi lleno (crítico: quedan menos de 500 MiB) o no se puede leer.",
        "Libere espacio; baje `RAW_LIMIT_MB`; llévese las copias antiguas.",
    ),
)
PLANT_FILE_WRONG = Alarm(
    "down:plant file",
    WARNING,
    Words(
        "The plant's changed file is wrong; the plant before holds.",
        "Mend what the alert names; `chocolate-factory plant check FILE` reads it first.",
    ),
    Words(
        "El archivo de planta cambiado tiene errores; sigue valiendo la planta anterior.",
        "Corrija lo que dice el aviso; `chocolate-factory plant check FILE` lo lee antes.",
    ),
)
UPSTREAM_DOWN = Alarm(
    "down:upstream:<name>",
    WARNING,
    Words(
        "Its last call failed for good: silence, 5xx, 429, a firewall's page, a body that cannot be read.",
        "Nothing at first: it is asked again by itself, and other sources stand in. For days: is its base URL right?",
    ),
    Words(
        "Su última llamada falló: silencio, 5xx, 429, la página de un cortafuegos, un cuerpo ilegible.",
        "De momento nada: se le vuelve a preguntar, y otras fuentes la suplen. Si dura días: ¿es correcta su URL?",
    ),
)
BACKUP_FAILED = Alarm(
    "backup-failed",
    CRITICAL,
    Words(
        "The newest backup could not be made, or what was made could not be read back whole.",
        "The backups before it are still there. Look at the disk under `DATA_DIR/backups`, then run `weekly_cleanup`.",
    ),
    Words(
        "No se pudo hacer la última copia de seguridad, o no se pudo leer entera.",
        "Las copias anteriores siguen ahí. Mire el disco de `DATA_DIR/backups` y ejecute `weekly_cleanup`.",
    ),
)
NOTIFY_FAILED = Alarm(
    "notify-failed:<target>",
    GROWS,
    Words(
        "Nothing has reached a target for an hour (critical: notices were given up after a day). The others are told.",
        "Is its address in `NOTIFY_URLS` right, and does it answer? `chocolate-factory alerts test` tries it.",
    ),
    Words(
        "Hace una hora que no llega nada a un destino (crítico: tras un día se descartaron avisos). Los demás reciben.",
        "¿Es correcta su dirección en `NOTIFY_URLS`, y responde? `chocolate-factory alerts test` lo prueba.",
    ),
)
NOTIFY_UNSURE = Alarm(
    "notify-unsure:<what>",
    INFO,
    Words(
        "A briefing may not have arrived: its sending was cut off, and it is not sent again lest it come twice.",
        "Look whether it came; if not, `GET /plan` has what it said.",
    ),
    Words(
        "Quizá no llegó un informe: su envío se cortó, y no se repite para que no llegue dos veces.",
        "Mire si llegó; si no, `GET /plan` dice lo mismo.",
    ),
    Ends.AT_ONCE,
)
