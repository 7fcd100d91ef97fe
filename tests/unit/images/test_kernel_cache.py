import importlib.util
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "images" / "kernel_cache.py"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts Python in an image that has kernels for numba; returns where they are wanted."""
    compiled = tmp_path / "prefix/share/kubesplat/kernels/numba"
    compiled.mkdir(parents=True)
    (compiled / "blend.nbc").write_text("machine code")
    target = tmp_path / "tmp/cache/numba"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(target))
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)

    def run():
        spec = importlib.util.spec_from_file_location("kernel_cache", SOURCE)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        return target

    return run


def test_kernels_are_where_numba_writes(start):
    target = start()
    assert [path.name for path in target.iterdir()] == ["blend.nbc"]
    assert [path.name for path in target.parent.iterdir()] == ["numba"]


def test_what_was_compiled_since_stays(start):
    (start() / "blend.nbc").write_text("newer")
    assert (start() / "blend.nbc").read_text() == "newer"


def test_a_disk_that_takes_nothing_stops_no_one(start, tmp_path):
    (tmp_path / "tmp").touch()
    assert not start().exists()


def test_nothing_is_copied_where_no_cache_is_asked_for(start, tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    start()
    assert not (tmp_path / "tmp").exists()
