"""As tests/pipeline/test_inbox_race.py, in a real S3 server: leases are conditional writes there."""

import pytest

from tests.pipeline.inbox_race import Race

CAPTURES = 200

pytestmark = pytest.mark.slow


def test_two_processes_take_each_capture_once(s3, tmp_path):
    for number in range(CAPTURES):
        s3.put(f"inbox/capture-{number:03d}/1.jpg", b"x")
    race = Race(f"{s3.uri}/inbox/", f"{s3.uri}/scenes", tmp_path / "log")
    processes = [race.start(name, lease_seconds=600) for name in ("first", "second")]
    assert [process.wait(timeout=500) for process in processes] == [0, 0]
    assert set(race.count("start").values()) == {1}
    assert len(race.count("end")) == CAPTURES
    assert race.workers() == {"first", "second"}
    latest = [name for name in s3.names() if name.endswith("/latest.json")]
    assert len(latest) == CAPTURES
    assert s3.client.stat_object(s3.bucket, latest[0]).metadata["Cache-Control"] == "public, max-age=60"
