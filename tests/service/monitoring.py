"""Real Prometheus programs on loopback ports, for the tests that need them."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

START_SECONDS = 30


def installed(program: str) -> str:
    """The program's path; a test that needs it is skipped where it is missing."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}: apt install prometheus prometheus-pushgateway")
    return path


@contextmanager
def serving(command: list[str], ready: str, folder: Path) -> Iterator[None]:
    """The command runs within the block, from when `ready` answers."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, cwd=folder)
    try:
        wait_until(lambda: answers(ready), START_SECONDS, lambda: log.read_text()[-2000:])
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def pushgateway(port: int, folder: Path) -> Iterator[str]:
    """Its address, as KUBESPLAT_PUSHGATEWAY takes it."""
    address = f"http://127.0.0.1:{port}"
    command = [
        installed("prometheus-pushgateway"),
        f"--web.listen-address=127.0.0.1:{port}",
        "--persistence.file=",  # Debian's default is one file for all gateways of the machine.
    ]
    with serving(command, f"{address}/-/ready", folder):
        yield address


class Prometheus:
    """What a running server knows."""

    def __init__(self, address: str) -> None:
        self.address = address

    def query(self, expression: str, time: float | None = None) -> list[dict[str, Any]]:
        """The instant vector, now or at a Unix time."""
        arguments = {"query": expression} | ({"time": time} if time else {})
        with urlopen(f"{self.address}/api/v1/query?{urlencode(arguments)}", timeout=5) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result

    def values(self, expression: str) -> list[float]:
        return [float(each["value"][1]) for each in self.query(expression)]


@contextmanager
def prometheus(port: int, folder: Path, config: str) -> Iterator[Prometheus]:
    (folder / "prometheus.yml").write_text(config)
    address = f"http://127.0.0.1:{port}"
    command = [
        installed("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with serving(command, f"{address}/-/ready", folder):
        yield Prometheus(address)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def wait_until(
    condition: Callable[[], object], seconds: float, explain: Callable[[], object] = lambda: ""
) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            pytest.fail(f"not so within {seconds:g} s; {explain()}")
        time.sleep(0.1)
