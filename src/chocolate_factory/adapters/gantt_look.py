"""How the picture of a plan looks, and what is written on it in either language."""

from __future__ import annotations

from typing import Any

#: Of the products, in the plant's order: cocoa first; told apart without colours by their brightness.
COLOURS = ("#5d3a1a", "#c08a4d", "#ecd9b0", "#7f9c5a", "#4f7f9c", "#9c5a7f")
#: Tariff periods from dear to cheap.
BANDS = {"P1": "#f6b3a6", "P2": "#f9ccb0", "P3": "#fbe3bd", "P4": "#f4efcd", "P5": "#e0eed0", "P6": "#cfe6d6"}
INK, GRID, NOW = "#33302c", "#d8d4cc", "#c0392b"
SMALL: dict[str, Any] = {"fontsize": 7, "color": INK}
#: What a machine does beside making its product.
HATCHES = {"setup": "////", "wait": "....", "breakdown": "xxxx", "micro_stop": "xxxx", "starved": "\\\\\\\\"}
WORDS = {
    "en": {
        "title": "Plan from {start}: {kg} kg, {kwh} kWh, {eur} EUR of energy",
        "price": "Energy\nEUR/kWh",
        "guess": "estimated",
        "refining": "refining",
        "line": "line",
        "due": "orders due",
        "tanks": "Tanks\nkg",
        "full": "full",
        "time": "Madrid time",
        "now": "now",
        "setup": "set-up",
        "wait": "waits for room",
        "breakdown": "stands",
        "starved": "waits for mass",
        "held": "held in its place",
        "ran": "as it ran (lower)",
    },
    "es": {
        "title": "Plan desde {start}: {kg} kg, {kwh} kWh, {eur} EUR de energía",
        "price": "Energía\nEUR/kWh",
        "guess": "estimado",
        "refining": "refino",
        "line": "línea",
        "due": "entregas",
        "tanks": "Tanques\nkg",
        "full": "lleno",
        "time": "hora de Madrid",
        "now": "ahora",
        "setup": "preparación",
        "wait": "espera sitio",
        "breakdown": "parada",
        "starved": "espera masa",
        "held": "fijado en su sitio",
        "ran": "como fue (abajo)",
    },
}
