import subprocess

import pytest

from components.shared.contracts.report import RunStatus
from components.shared.errors import StorageError
from pipelines.photos_to_sog.run_local import LocalJob, run_local

SIZE_BYTES = 256 * 1024


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the command mount")
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def capture(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jpg").touch()
    return folder


def run(capture, output):
    arguments = {"capture": str(capture), "output": str(output)}
    job = LocalJob(arguments=arguments, pipeline="tests.pipeline.stub_pipeline:stub")
    return run_local(job, lambda _: None)


def test_a_full_disk_is_told_as_such_and_leaves_nothing_half_written(capture, small_disk):
    (small_disk / "other").write_bytes(bytes(SIZE_BYTES - 20 * 1024))
    with pytest.raises(StorageError, match="No space left on device") as error:
        run(capture, small_disk / "out")
    assert "Free disk space" in error.value.remedy
    left = {str(path.relative_to(small_disk)) for path in small_disk.rglob("*") if path.is_file()}
    assert left <= {
        "other",
        "out/run.log",
        "out/stages/ingest.json",
        "out/stages/settings.json",
        "out/progress.json",
    }


def test_the_same_command_succeeds_once_there_is_space(capture, small_disk):
    (small_disk / "other").write_bytes(bytes(SIZE_BYTES - 20 * 1024))
    with pytest.raises(StorageError):
        run(capture, small_disk / "out")
    (small_disk / "other").unlink()
    assert run(capture, small_disk / "out").status is RunStatus.SUCCEEDED
