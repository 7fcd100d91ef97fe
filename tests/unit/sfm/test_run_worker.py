import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from components.sfm.run_worker import Job, read_failure, run_worker, write_failure
from components.sfm.settings import SfmSettings
from components.shared.errors import InternalError, OutOfMemoryError, ReconstructionError, StorageError
from components.shared.progress import Progress, ignore_progress

JOB = Job(Path("capture"), Path("scene"), Path("scratch"), SfmSettings(max_features=4096))
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
        run_worker(JOB, tmp_path, ignore_progress, module=worker(*lines))
    assert caught.value.remedy


def test_what_the_worker_raised_comes_through_with_its_figures(tmp_path, worker):
    module = worker(
        "from pathlib import Path",
        "from components.sfm.run_worker import write_failure",
        "from components.shared.errors import ReconstructionError",
        "error = ReconstructionError('1 of 9', remedy='overlap')",
        "error.figures = {'registered': 1}",
        "write_failure(Path(sys.argv[2]), error)",
    )
    with pytest.raises(ReconstructionError, match="1 of 9") as caught:
        run_worker(JOB, tmp_path, ignore_progress, module=module)
    assert (caught.value.remedy, caught.value.figures) == ("overlap", {"registered": 1})


def test_a_worker_that_takes_too_long_is_stopped(tmp_path, worker):
    job = replace(JOB, settings=SfmSettings(max_minutes=0.02))
    started = time.monotonic()
    with pytest.raises(ReconstructionError, match=r"within its time limit of 0\.02 minutes") as caught:
        run_worker(job, tmp_path, ignore_progress, module=worker("time.sleep(60)"))
    assert time.monotonic() - started < 30
    assert "max_minutes" in caught.value.remedy


def test_a_job_is_read_as_written(tmp_path):
    JOB.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == JOB


def test_a_failure_of_an_unknown_type_is_an_internal_error(tmp_path):
    write_failure(tmp_path / "failure.json", type("OldError", (InternalError,), {})("lost", remedy="again"))
    error = read_failure(tmp_path / "failure.json")
    assert (type(error), error.message, error.remedy) == (InternalError, "lost", "again")


def test_progress_comes_through(tmp_path, worker):
    module = worker("""print('{"phase": "match", "fraction": 0.5, "note": "3 of 6 pairs"}', flush=True)""")
    seen = []
    run_worker(JOB, tmp_path, seen.append, module=module)
    assert seen == [Progress("match", 0.5, "3 of 6 pairs")]


def test_a_worker_is_ended_when_on_progress_raises(tmp_path, worker):
    module = worker(
        f"open({str(tmp_path / 'worker.pid')!r}, 'w').write(str(os.getpid()))",
        """print('{"phase": "match", "fraction": 0.5, "note": ""}', flush=True)""",
        "time.sleep(60)",
    )

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_worker(JOB, tmp_path, interrupt, module=module)
    worker_id = int((tmp_path / "worker.pid").read_text())
    assert not _is_running(worker_id)


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
    """A parent and its worker, which calls `end_with_parent` and sleeps for a minute."""
    (folder / "patient_worker.py").write_text(
        "import json, os, time\n"
        "from components.shared.processes import end_with_parent\n"
        "end_with_parent()\n"
        "print(json.dumps({'phase': str(os.getpid()), 'fraction': 0.0}), flush=True)\n"
        "time.sleep(60)\n"
    )
    (folder / "tests_parent.py").write_text(
        "from pathlib import Path\n"
        "from components.sfm.run_worker import Job, run_worker\n"
        "from components.sfm.settings import SfmSettings\n"
        "JOB = Job(Path('capture'), Path('scene'), Path('scratch'), SfmSettings())\n"
        "def run():\n"
        "    run_worker(JOB, Path('.'), lambda p: print(p.phase, flush=True), module='patient_worker')\n"
    )
    return folder


def _is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process_id}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_colmap_leaves_no_log_behind(tmp_path, worker, monkeypatch):
    module = worker(
        "from pathlib import Path",
        "from components.sfm.worker import main",
        "import pycolmap",
        "work = lambda job, on_progress: pycolmap.logging.warning('something')",
        "main(Path(sys.argv[1]), Path(sys.argv[2]), work)",
    )
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    run_worker(JOB, tmp_path, ignore_progress, module=module)
    assert "something" in (tmp_path / "colmap.log").read_text()
    assert list((tmp_path / "temporary").iterdir()) == []
