"""The dashboard as a page: it reads without JavaScript, and nothing leaves it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dashboard_documents import CASES, HOSTILE, STATIC, Outline, complete, first_day, hostile, shown

from chocolate_factory.web.dashboard import page
from chocolate_factory.web.dashboard.page import Look
from chocolate_factory.web.dashboard.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]


# The page.


def test_the_page_reads_without_javascript() -> None:
    text = shown(complete())
    for piece in (
        "Precio PVPC 0,123 €/kWh",
        "REE · observado · 10:00 · hace 42 min",
        "Mercado diario (spot) −0,005 €/kWh",
        "Temperatura 21,4 °C",
        "AEMET es la más reciente.",
        "Humedad 45 %",
        "Demanda eléctrica 27.384 MW",
        "REE · observado · día 23/11 · hace 34 h 42 min",
        "P2 peaje alto",
        "Degradado, 2 avisos abiertos",
        "Óptimo Se trabaja. Hasta las 22:00, después Parar producción.",
        "Concha 1 Negro, 1000 kg hasta las 18:00 (quedan 7 h 17 min)",
        "Después Concha 2 Con leche, 1000 kg desde las 18:00",
        "A tiempo en el 97 % de 200 simulaciones; se pide el 90 %. 24 de 48 horas con precio previsto.",
        "Moderado El plan decide Óptimo: además de la hora ve los pedidos, el personal y los tanques.",
        "los tanques. El precio es medio.",
        "137 kW 137 / 150 de 150 kW contratados Contador: 131 kW",
        "71 / 100 previsión Modelo forest, versión 2",
        "Precio final de la planta 0,086 €/kWh",
        "Concha 2 Con leche 1000 18:00 25/11 06:00 estable Porque sí: conche-milk-1.",
        "Frente al plan de ayer (23/11 10:42): Concha 2, Con leche: de 10:00 a 18:00.",
        "Tanque Negro 1400 1030 1390 2000",
        "Ahorro previsto 21,78 € (4,7 %)",
        "Sirve la versión 4 (blend), de hace 2 d. Aspirante: 5 (lear).",
        "campeón 8,12 , aspirante 8,40 , ingenuo EPF 11,99",
        "Entrenamiento killed in /srv/secret-path 10:37 colgada y parada",
        "Limpieza y copia nunca en pausa",
        "jueves 26/11 0,078 0,060 (01:00) 0,097 (00:00) 0,063 – 0,102 ~ previsión",
        "Error medio de 48 horas: 8,00 €/MWh; el ingenuo EPF, 16,00 €/MWh. La previsión es mejor.",
        "Ahorro de hoy 12,34 € medido 1 de 6 días comparados. ± 1,50 € Ahorro del mes 250,00 € previsto",
        "Ahorro del año — no medido",
        "23/11 medido 200,00 — 182,40 17,60 0,0912 0,610 120",
        "prevé ahorrar 21,78 € (4,7 %) en 48 h frente a la referencia",
        "P6 151 — 149 150",
        "P2 137 152 149 150",
        "€/kg 0,1198 0,1257 −4,7 %",
        "kg CO₂/kg estimado 0,114 0,115 −1,0 %",
        "Hoy, martes 24/11",
        "Mañana, miércoles 25/11",
        "El spot llegó a las 13:47.",
        "Qué es. Faltan 12 h de demanda. Qué hacer: Esperar.",
        "Versión 7.7.7.",
    ):
        assert piece in text


def test_the_page_in_english() -> None:
    text = shown(complete(), "en")
    assert "PVPC price 0.123 €/kWh" in text
    assert "Electricity demand 27,384 MW" in text
    assert "Today, Tuesday 24 Nov" in text


def test_on_the_first_day_every_missing_number_has_its_reason() -> None:
    text = shown(first_day())
    assert text.count("why no ") == 7
    assert "Sin periodo. No se conoce el motivo." in text
    assert "No hay precios de hoy en el almacén." in text
    assert "Todavía no ha habido ninguna recuperación." in text


SAVED = ("measured", "planned", "unmeasured", "planned", "measured", "estimated")


def test_what_is_no_observation_wears_a_badge() -> None:
    tags = Outline(page.render(complete(), Look("es", external=False))).tags
    badges = [a["class"] for tag, a in tags if tag == "b" and "badge" in (a.get("class") or "") and "hidden" not in a]
    assert badges == ["badge forecast"] * 2 + [f"badge {state}" for state in SAVED]


def test_the_demo_carries_its_banner_and_reality_does_not() -> None:
    def banner(world: str) -> bool:
        tags = Outline(page.render(complete() | {"world": world}, Look("es", external=False))).tags
        return any(a.get("id") == "demo" and "hidden" not in a for _, a in tags)

    assert (banner("simulated"), banner("real")) == (True, False)


def test_the_external_view_leaks_no_version_and_no_detail() -> None:
    html = page.render(complete(), Look("es", external=True))
    assert "7.7.7" not in html
    assert "secret-path" not in html
    assert "secret-path" in page.render(complete(), Look("es", external=False))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_inline_and_nothing_leaves_the_dashboard(case: str, language: str) -> None:
    for tag, attributes in Outline(page.render(CASES[case](), Look(language, external=False))).tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "style"
        if tag == "script" and "src" not in attributes:
            assert attributes["type"] == "application/json"
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("/dashboard/static/", "dashboard/plan.", "?lang=", "#"))


def test_every_asset_that_the_page_names_exists_under_any_base() -> None:
    tags = Outline(page.render(complete(), Look("es", external=False), base="/planta/dashboard/")).tags
    named = [a.get("src") or a.get("href") or "" for tag, a in tags if tag in ("script", "link")]
    assets = [name.removeprefix("/planta/dashboard/static/") for name in named if name]
    assert len(assets) == 12
    assert [name for name in assets if not (STATIC / name).is_file()] == []


def test_a_hostile_text_stays_a_text() -> None:
    outline = Outline(page.render(hostile(), Look("es", external=False)))
    assert outline.text.count(HOSTILE) > 30
    assert [tag for tag, _ in outline.tags if tag == "img"] == []
    assert len([tag for tag, _ in outline.tags if tag == "script"]) == 4
    assert not [a for _, a in outline.tags if "<" in (a.get("class") or "")]


def test_the_vendored_library_is_what_its_manifest_says(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "vendor-assets"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    assert {"echarts.LICENSE.txt", "echarts.NOTICE.txt", "zrender.LICENSE.txt"} <= manifest["files"].keys()
