import os
import subprocess
import sys
import time

import pytest

from components.sfm.run_worker import run_worker
from components.shared.errors import InternalError, OutOfMemoryError, ReconstructionError, StorageError
from components.shared.progress import Progress, ignore_progress

STACK = "*** SIGABRT received ***\n    @ 0x7f main\n"


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Makes a worker of lines of Python, and gives the name of its module."""

    def make(*lines):
        (tmp_path / "broken_worker.py").write_text("\n".join(["import os, sys, time", *lines]))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.getcwd()]))
        return "broken_worker"

    return make


def says(words):
    return f"print({words!r}, file=sys.stderr, flush=True)"


@pytest.mark.parametrize(
    ("lines", "type_", "words"),
    [
        (
            [says("Check failed: x > 0\n" + STACK), "os.abort()"],
            InternalError,
            "SIGABRT.*\nCheck failed: x > 0$",
        ),
        ([says("last words"), "sys.exit(7)"], InternalError, "status 7.*\nlast words"),
        (["os.kill(os.getpid(), 9)"], OutOfMemoryError, "memory ran out"),
        ([says("what(): std::bad_alloc"), "os.abort()"], OutOfMemoryError, "memory ran out"),
        ([says("database or disk is full"), "os.abort()"], StorageError, "disk for temporary files is full"),
    ],
    ids=["abort", "exit", "killed", "bad_alloc", "full disk"],
)
def test_whatever_ends_the_worker_is_a_typed_error(tmp_path, worker, lines, type_, words):
    with pytest.raises(type_, match=words) as caught:
        run_worker({}, tmp_path, ignore_progress, module=worker(*lines))
    assert caught.value.remedy


def test_what_the_worker_raised_comes_through_with_its_figures(tmp_path, worker):
    module = worker(
        "import json, pickle",
        "from components.shared.errors import ReconstructionError",
        "error = ReconstructionError('1 of 9', remedy='overlap')",
        "error.figures = {'registered': 1}",
        "open(json.load(open(sys.argv[1]))['failure'], 'wb').write(pickle.dumps(error))",
    )
    with pytest.raises(ReconstructionError, match="1 of 9") as caught:
        run_worker({}, tmp_path, ignore_progress, module=module)
    assert (caught.value.remedy, caught.value.figures) == ("overlap", {"registered": 1})


def test_progress_comes_through(tmp_path, worker):
    module = worker("""print('{"phase": "match", "fraction": 0.5, "note": "3 of 6 pairs"}', flush=True)""")
    seen = []
    run_worker({}, tmp_path, seen.append, module=module)
    assert seen == [Progress("match", 0.5, "3 of 6 pairs")]


def test_a_worker_is_ended_when_its_progress_is_not_wanted_any_more(tmp_path, worker):
    module = worker(
        """print('{"phase": "match", "fraction": 0.5, "note": ""}', flush=True)""", "time.sleep(60)"
    )

    def interrupt(_):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_worker({}, tmp_path, interrupt, module=module)
    assert time.monotonic() - started < 20


def test_a_worker_does_not_outlive_a_parent_that_was_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", "import sys; from pathlib import Path; from tests_parent import run; run()"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])},
        stdout=subprocess.PIPE,
        text=True,
        cwd=_parent_module(tmp_path),
    )
    worker_id = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while _is_running(worker_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(worker_id)


def _parent_module(folder):
    """A parent whose worker ends with it as the real one does, but works for a minute."""
    (folder / "patient_worker.py").write_text(
        "import json, os, threading, time\n"
        "from components.sfm.worker import _end_with_parent\n"
        "threading.Thread(target=_end_with_parent, daemon=True).start()\n"
        "print(json.dumps({'phase': str(os.getpid()), 'fraction': 0.0}), flush=True)\n"
        "time.sleep(60)\n"
    )
    (folder / "tests_parent.py").write_text(
        "from pathlib import Path\n"
        "from components.sfm.run_worker import run_worker\n"
        "def run():\n"
        "    run_worker({}, Path('.'), lambda p: print(p.phase, flush=True), module='patient_worker')\n"
    )
    return folder


def _is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process_id}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"
