import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measured_child import run_measured

_WORK = """
import subprocess, sys, time
sys.stdout.write("working\\n")
block = bytearray(150_000_000)
if len(sys.argv) > 1:
    end = time.process_time() + float(sys.argv[1])
    while time.process_time() < end:
        pass
else:
    subprocess.run([sys.executable, __file__, "0.5"], check=True)
    time.sleep(0.3)
    sys.exit(3)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_work.py").write_text(_WORK)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.getcwd()]))
    return "some_work"


def test_time_and_memory_are_those_of_the_child_and_its_children(module: str, tmp_path: Path) -> None:
    used = run_measured(module, [], tmp_path / "log", limit_seconds=60)
    assert used.status == 3
    assert 0.5 <= used.cpu_seconds < 5.0
    assert used.seconds > 0.8
    assert 150e6 < used.peak_bytes < 300e6
    assert (tmp_path / "log").read_text().count("working") >= 1


def test_a_child_is_killed_at_the_limit(module: str, tmp_path: Path) -> None:
    used = run_measured(module, ["30"], tmp_path / "log", limit_seconds=0.5)
    assert used.status == -9
    assert used.seconds < 10


def test_memory_of_the_caller_does_not_count(module: str, tmp_path: Path) -> None:
    code = (
        "import json, sys; from dataclasses import asdict; from pathlib import Path\n"
        "from benchmarks.measured_child import run_measured\n"
        "block = bytearray(b'1') * 600_000_000\n"
        f"used = run_measured('{module}', ['0.1'], Path(sys.argv[1]), limit_seconds=60)\n"
        "print(json.dumps(asdict(used)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    assert json.loads(printed)["peak_bytes"] < 300e6
