"""What is said of the parts: the list of materials, the licences, the workflows, the scripts themselves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
SHELL = [
    file
    for folder in ("scripts", "docker")
    for file in sorted((REPOSITORY / folder).rglob("*"))
    if file.is_file() and "secrets/" not in str(file) and re.match(rb"#!.*\b(ba)?sh\b", file.read_bytes()[:40])
]


def run(*words: object) -> str:
    return subprocess.run([str(w) for w in words], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


def test_the_list_of_materials_names_each_package_with_its_hashes(tmp_path):
    run("scripts/sbom", tmp_path / "sbom.json")
    document = json.loads((tmp_path / "sbom.json").read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["name"]: part for part in document["components"]}
    assert {"fastapi", "mlflow", "psycopg", "scipy"} <= set(parts)
    assert not {"pytest", "ruff", "distributed"} & set(parts)
    assert all(reference["hashes"] for part in parts.values() for reference in part.get("externalReferences", []))


def test_the_lock_file_has_a_hash_for_each_file():
    lock = (REPOSITORY / "uv.lock").read_text()
    files = re.findall(r"\{ url = [^}]*\}", lock)
    assert len(files) > 500
    assert all('hash = "sha256:' in file for file in files)


def test_the_workflows_are_of_githubs_form():
    check = Path(sys.executable).with_name("check-jsonschema")
    run(check, "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_little_and_ends(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90
        assert re.fullmatch(r"ubuntu-\d\d\.04", job["runs-on"])
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))


def test_every_supported_python_is_tested():
    matrix = yaml.safe_load((REPOSITORY / ".github/workflows/tests.yml").read_text())["jobs"]["everything"]["strategy"]
    assert matrix["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_scripts_that_workflows_run_are_there():
    for path in WORKFLOWS:
        for script in re.findall(r"(?:^|[\s>])(scripts/[\w-]+|\.ci/run)", path.read_text(), re.MULTILINE):
            assert (REPOSITORY / script).stat().st_mode & 0o100, script


@pytest.mark.parametrize("path", SHELL, ids=lambda path: path.name)
def test_a_shell_script_can_be_read(path):
    run("bash", "-n", path)
    if shutil.which("shellcheck"):
        run("shellcheck", "--severity", "warning", "--exclude", "SC2034,SC2154", path)
