"""The programs of a tailnet, built from their Go modules where they are not there yet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TAILNET = Path(__file__).resolve().parent / "tailnet"
REPOSITORY = TAILNET.parents[2]
BUILT = Path.home() / ".cache" / "chocolate-factory" / "tailnet"


def programs() -> Path:
    """Built as in the sidecar's image, with the control server beside."""
    if shutil.which("go") is None:
        pytest.skip("go is not installed")
    text = (REPOSITORY / "docker" / "tailscale-sidecar.Dockerfile").read_text()
    version, tags = (re.search(rf"^ARG {name}=(\S+)", text, re.MULTILINE)[1] for name in ("TAILSCALE", "TAGS"))
    env = os.environ | {"GOBIN": str(BUILT), "CGO_ENABLED": "0"}
    if not (BUILT / "tailscaled").is_file():
        module = f"tailscale.com/cmd/tailscaled@v{version}"
        subprocess.run(["go", "install", "-tags", tags, "-ldflags", "-s -w", module], env=env, check=True)
        (BUILT / "tailscale").symlink_to("tailscaled")
    subprocess.run(["go", "build", "-o", str(BUILT / "tailnet"), "."], cwd=TAILNET, env=env, check=True)
    return BUILT
