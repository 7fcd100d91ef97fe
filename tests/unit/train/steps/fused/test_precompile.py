"""Kernels for a GPU that is not here: compiled once, and found by the next process."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

FUSED = Path(str(find_spec("components.train.steps.fused.precompile").origin)).parent
PROGRAM = "from components.train.steps.fused.precompile import precompile; precompile(86, range(1))"


def compile_into(cache: Path) -> list[str]:
    """The kernels' names, each as often as there are variants."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment | {"TRITON_CACHE_DIR": str(cache), "TRITON_STORE_BINARY_ONLY": "1"},
        check=True,
    )
    return sorted(path.stem for path in cache.rglob("*.cubin"))


def test_every_kernel_that_is_launched_is_compiled_and_found_again(tmp_path):
    launched = {name for path in FUSED.glob("*.py") for name in re.findall(r"(_\w+)\[", path.read_text())}
    launched &= {
        name for path in FUSED.glob("*.py") for name in re.findall(r"@triton.*\ndef (\w+)", path.read_text())
    }
    compiled = compile_into(tmp_path)
    assert set(compiled) == launched
    assert compile_into(tmp_path) == compiled
