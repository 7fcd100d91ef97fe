"""Two processes over one inbox of 200 captures: each once; what a killed one left, the next pass finishes."""

import json
import time

import pytest

from tests.pipeline.inbox_race import Race

CAPTURES = 200
LEASE_SECONDS = 4.0

pytestmark = pytest.mark.slow


@pytest.fixture
def race(tmp_path):
    for number in range(CAPTURES):
        folder = tmp_path / "inbox" / f"capture-{number:03d}"
        folder.mkdir(parents=True)
        (folder / "1.jpg").touch()
    return Race(str(tmp_path / "inbox"), str(tmp_path / "scenes"), tmp_path / "log")


def test_two_processes_take_each_capture_once(race, tmp_path):
    processes = [race.start(name, stage_seconds=0.01, lease_seconds=300) for name in ("first", "second")]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert set(race.count("start").values()) == {1}
    assert len(race.count("end")) == CAPTURES
    assert race.workers() == {"first", "second"}
    versions = [json.loads(path.read_text())["version"] for path in tmp_path.glob("scenes/*/latest.json")]
    assert len(versions) == CAPTURES
    assert not list(tmp_path.glob("scenes/*/.kubesplat"))


def test_the_next_pass_finishes_what_a_killed_one_left(race, tmp_path):
    killed = race.start("killed", stage_seconds=0.05, lease_seconds=LEASE_SECONDS)
    race.wait_for(ended=CAPTURES // 2)
    killed.kill()
    killed.wait()
    done = set(race.count("end"))
    time.sleep(LEASE_SECONDS)
    assert race.start("next").wait(timeout=120) == 0
    ended, started = race.count("end"), race.count("start")
    assert len(ended) == CAPTURES
    assert set(ended.values()) == {1}
    assert all(started[title] == 1 for title in done)
    assert sum(started.values()) <= CAPTURES + 1
