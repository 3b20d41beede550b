"""The blocks of a page, followed word by word; ``scripts/follow`` says how it is used. Standard library only."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Of a page, the chapter that is followed; the whole of any other.
CHAPTER = {"README.md": "Quick start"}
ORIGIN = re.compile(r"https://github\.com/OWNER/\S+?\.git")
#: A line that serves until it is stopped.
SERVES = re.compile(r"^(\w+=\S+ )*scripts/(start(?!.*--setup)|nginx-test)\b")
PORT = re.compile(r"--port (\d+)")
PATIENCE_S = 900
#: Waits until somebody listens on a port, for the lines after one that serves.
ANSWERS = """
answers() {
  for _ in $(seq 600); do (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.2; done
  echo "nobody answers on port $1" >&2; return 1
}
"""


@dataclass(frozen=True)
class Block:
    """One bash block.

    Attributes:
        line: where it begins in its page.
        run: the lines that are run.
        left: those that are not: from the first one that lacks something.
        why: what that one lacks; empty where all are run.
    """

    line: int
    run: tuple[str, ...]
    left: tuple[str, ...] = ()
    why: str = ""


# ---------------------------------------------------------------------- what can be run here
@cache
def engine() -> bool:
    """Whether ``docker compose`` reaches one."""
    if shutil.which("docker") is None:
        return False
    asked = (["docker", "info"], ["docker", "compose", "version"])
    return all(subprocess.run(words, capture_output=True, check=False).returncode == 0 for words in asked)


@cache
def free(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) != 0


#: What a line may lack: by what it is known, whether it is here, and what is said where it is not.
NEEDS: tuple[tuple[re.Pattern[str], Callable[[], bool], str], ...] = (
    (re.compile(r"\bdocker |localhost:(8000|8086|5000)\b"), engine, "it needs a container engine, and there is none"),
    (re.compile(r"\bbackup/"), engine, "it needs a backup that containers made"),
    (re.compile(r"init --years"), lambda: False, "three years of requests at the upstreams' pace take an hour"),
    (
        re.compile(r"\.\./shared/upstreams"),
        (ROOT.parent / "shared/upstreams").is_dir,
        "there is no ../shared/upstreams",
    ),
    (re.compile(r"--port 8900\b"), lambda: free(8900), "port 8900 is taken"),
    (re.compile(r"--port 8080\b"), lambda: free(8080), "port 8080 is taken"),
)


def lacking(line: str) -> str:
    """What a line needs and this machine has not, in words."""
    return next((why for known, here, why in NEEDS if known.search(line) and not here()), "")


def blocks(page: Path) -> list[Block]:
    """Those of the page, or of its chapter, in order."""
    text = page.read_text(encoding="utf-8")
    chapter = CHAPTER.get(page.name)
    first, last = (0, len(text)) if chapter is None else _span(text, chapter)
    found = re.finditer(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [_block(text.count("\n", 0, m.start(1)) + 1, m[1]) for m in found if first <= m.start() < last]


def _span(text: str, chapter: str) -> tuple[int, int]:
    begin = text.index(f"\n## {chapter}\n") + 1
    after = text.find("\n## ", begin)
    return begin, after if after >= 0 else len(text)


def _block(line: int, text: str) -> Block:
    lines = tuple(line for line in text.replace("\\\n", "").splitlines() if line.strip())
    for n, words in enumerate(lines):
        if why := lacking(words):
            return Block(line, lines[:n], lines[n:], why)
    return Block(line, lines)


# ---------------------------------------------------------------------- running it
class Walk:
    """A page followed in a scratch folder.

    Attributes:
        where: the folder that the next block is run in.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.where = scratch / "chocolate-factory"
        self._origin = origin = scratch / "origin.git"  # with a branch to pull from, also where CI has checked out none
        for command in (
            ["git", "clone", "--quiet", "--bare", str(ROOT), str(origin)],
            ["git", "-C", str(origin), "update-ref", "refs/heads/main", "HEAD"],
            ["git", "-C", str(origin), "symbolic-ref", "HEAD", "refs/heads/main"],
            ["git", "clone", "--quiet", str(origin), str(self.where)],
        ):
            subprocess.run(command, check=True)
        shared = ROOT.parent / "shared"
        if shared.is_dir():
            (scratch / "shared").symlink_to(shared)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])

    def run(self, block: Block) -> tuple[int, str]:
        """Its exit code, and everything that it said."""
        after = self.scratch / "where"
        script = "\n".join(["set -euo pipefail", ANSWERS, *map(self._step, block.run), f"pwd > {after}"])
        with (self.scratch / "said").open("w+") as said:
            process = subprocess.Popen(
                ["bash", "-c", script], cwd=self.where, env=self._environment(), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
            try:
                code = process.wait(PATIENCE_S)
            finally:
                _end(process.pid)
            said.seek(0)
            told = said.read()
        if code == 0:
            self.where = Path(after.read_text().strip())
        return code, told

    def _step(self, line: str) -> str:
        """The line with this machine's places in it; where it serves, behind the lines after it."""
        for word, place in (("/srv/", "srv"), ("/tmp/", "tmp")):
            (self.scratch / place).mkdir(exist_ok=True)
            line = line.replace(word, f"{self.scratch / place}/")
        line = ORIGIN.sub(str(self._origin), line)
        if not SERVES.search(line):
            return line
        port = PORT.search(line)
        return f"{line} &\nanswers {port[1] if port else self._port}"

    def _environment(self) -> dict[str, str]:
        """A free port for the service, its commands on the path, and uv where this clone has brought it."""
        path = os.pathsep.join([".venv/bin", str(ROOT / ".uv/bin"), os.environ["PATH"]])
        without = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
        kept = {name: value for name, value in os.environ.items() if name not in without}
        return kept | {"PATH": path, "API_PORT": str(self._port)}


def _end(group: int) -> None:
    """Of everything that a block has started; killed where it does not end when it is asked to."""
    for number, seconds in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        if _signalled(group, number) and _gone(group, seconds):
            return


def _signalled(group: int, number: int) -> bool:
    """Whether anybody was there to hear it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _gone(group: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while _signalled(group, 0):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def follow(page: Path, *, only_list: bool) -> int:
    """Tell of each block, and run it; the exit code."""
    with tempfile.TemporaryDirectory(prefix="follow-") as folder:
        walk = None if only_list else Walk(Path(folder))
        for block in blocks(page):
            for line in block.run:
                print(f"{page}:{block.line}: {line}", flush=True)
            for line in block.left:
                print(f"{page}:{block.line}: not run: {line}    ({block.why})", flush=True)
            code, told = walk.run(block) if walk and block.run else (0, "")
            if code != 0:
                print(f"{told}\n{page}:{block.line}: exit {code}", file=sys.stderr)
                return 1
    return 0


def main(words: list[str]) -> int:
    pages = [word for word in words if word != "--list"]
    if len(pages) != 1 or not Path(pages[0]).is_file():
        print("scripts/follow PAGE [--list]; scripts/follow --help tells more", file=sys.stderr)
        return 2
    return follow(Path(pages[0]), only_list="--list" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
