"""Processes that work on one inbox at the same time, and what their shared log says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from components.shared.environment import PASS_VARIABLE


@dataclass(frozen=True)
class Race:
    inbox: str
    output: str
    log: Path

    def start(self, name: str, **options: float) -> subprocess.Popen[bytes]:
        """A process that makes passes until nothing is left."""
        given = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.pipeline.simulated_pass",
                self.inbox,
                self.output,
                self.log,
                *given,
            ],
            env={**os.environ, PASS_VARIABLE: name},
        )

    def count(self, what: str) -> Counter[str]:
        """How often each capture was started or ended."""
        return Counter(title for event, title, _ in self._events() if event == what)

    def workers(self) -> set[str]:
        return {worker for _, _, worker in self._events()}

    def wait_for(self, ended: int) -> None:
        deadline = time.monotonic() + 120
        while self.count("end").total() < ended:
            assert time.monotonic() < deadline, f"{self.count('end').total()} of {ended} captures are done"
            time.sleep(0.02)

    def _events(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []
