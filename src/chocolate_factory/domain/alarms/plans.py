"""Alarms of plans, advice and models."""

from __future__ import annotations

from chocolate_factory.domain.alarms.alarm import INFO, MAY_GROW, WARNING, Alarm, Words

PLAN_CONFLICT = Alarm(
    "plan.conflict",
    WARNING,
    Words(
        "No plan fits, or the best one is late: more is asked than can be made, or a limit is too tight.",
        "The alert names the cheapest way out; see `conflicts` in `GET /plan`, and docs/plan.md.",
    ),
    Words(
        "Ningún plan encaja, o el mejor llega tarde: se pide más de lo que cabe, o un límite aprieta demasiado.",
        "El aviso nombra la salida más barata; mire `conflicts` en `GET /plan`, y docs/plan.md.",
    ),
)
PLAN_CERTIFICATE = Alarm(
    "plan.certificate",
    WARNING,
    Words(
        "Chance makes the plan late more often than the plant's file allows.",
        "See `certificate` in `GET /plan`: the weakest batch, the orders in danger.",
    ),
    Words(
        "El azar retrasa el plan más a menudo de lo que permite el archivo de planta.",
        "Mire `certificate` en `GET /plan`: la tanda más débil, los pedidos en peligro.",
    ),
)
PLAN_INPUTS = Alarm(
    "plan.inputs",
    WARNING,
    Words(
        "No new plan: prices or weather are missing, or the plant's file is wrong; the plan in force stays.",
        "See `GET /gaps/summary`: what is missing, and why.",
    ),
    Words(
        "No hay plan nuevo: faltan precios o tiempo, o el archivo de planta tiene errores; sigue el plan vigente.",
        "Mire en `GET /gaps/summary` qué falta y por qué.",
    ),
)
ADVICE = Alarm(
    "production.advice",
    MAY_GROW,
    Words(
        "The advice for this hour is Reduced (info) or Halt Production (warning), while a crew is there.",
        "See `GET /plan`: what it runs now, and why.",
    ),
    Words(
        "El consejo para esta hora es Reduced (info) o Halt Production (atención), con el turno presente.",
        "Mire en `GET /plan` qué se hace ahora y por qué.",
    ),
)
REGISTRY_AWAY = Alarm(
    "models.registry",
    WARNING,
    Words(
        "The model registry does not answer.",
        "Predictions go on with the models of this machine; training waits. Is `MLFLOW_TRACKING_URI` right?",
    ),
    Words(
        "El registro de modelos no responde.",
        "Se sigue prediciendo con los modelos de esta máquina; no se entrena. ¿Es correcta `MLFLOW_TRACKING_URI`?",
    ),
)
MODEL_REFUSED = Alarm(
    "models.refused:<name>",
    INFO,
    Words(
        "A model was due to be trained and could not be learnt, as where too little history is there.",
        "See `GET /models/status` for what it waits for; `POST /init/all` loads history.",
    ),
    Words(
        "Tocaba entrenar un modelo y no se pudo, por ejemplo por falta de historia.",
        "Mire en `GET /models/status` qué espera; `POST /init/all` carga la historia.",
    ),
)
