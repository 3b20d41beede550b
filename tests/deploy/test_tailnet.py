"""The dashboard through a tailnet, opt-in: CHOCOLATE_TAILNET=1 builds all of it from Go modules.

It wants go, root, nginx, curl, capsh and nc; the first build takes some minutes. Everything happens in a network
namespace.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from programs import TAILNET, programs

NEEDED = ("capsh", "curl", "nc", "nginx")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not os.environ.get("CHOCOLATE_TAILNET"), reason="opt-in: CHOCOLATE_TAILNET=1"),
]


@pytest.fixture(scope="module")
def saw(tmp_path_factory) -> dict[str, Any]:
    if absent := [name for name in NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]:
        pytest.skip(f"not installed: {absent} (apt-get install curl libcap2-bin netcat-openbsd nginx-light)")
    folder = tmp_path_factory.mktemp("tailnet")
    alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    command = [*alone, sys.executable, str(TAILNET / "stage.py"), str(folder), str(programs())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


SEEN = {
    "GET /dashboard": 200,
    "GET /dashboard/complete": 200,
    "GET /predict": 403,
    "GET /metrics": 403,
    "POST /plan": 403,
}


def test_who_is_in_the_tailnet_sees_the_dashboard_and_nothing_else(saw):
    assert saw["http"] == SEEN
    assert "<html" in saw["page"]
    assert saw["brain itself"] in (0, 502)  # nothing listens there


def test_with_a_certificate_the_same_over_https(saw):
    assert saw["leads to"] == f"https://{saw['address']}/dashboard"
    assert saw["https"] == SEEN


def test_without_a_key_it_waits_and_says_so(saw):
    assert saw["said"][0].startswith("no TAILSCALE_AUTHKEY")
    assert any(line.startswith("joining the tailnet as chocolate-factory") for line in saw["said"])


def test_nginx_has_no_power_and_packets_fit(saw):
    assert saw["powers"] == ["0" * 16]
    assert saw["mtu"] == "1280"
    assert saw["healthy"] == 0


def test_it_ends_when_half_of_it_has_and_comes_back_by_its_state(saw):
    assert saw["ends without nginx"] == 1
    assert saw["ends when asked"] == 0
