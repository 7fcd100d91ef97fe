"""`progress.json` under an s3:// prefix, while a stage runs and where the store fails."""

import time

from components.shared import share_progress
from components.shared.progress import Progress, reporter
from components.shared.share_progress import read_progress
from components.shared.share_progress import share_progress as sharing
from components.shared.storage import open_storage


def test_progress_is_seen_in_s3(s3, monkeypatch):
    monkeypatch.setattr(share_progress, "WRITE_SECONDS", 0.05)
    storage, give_up = open_storage(f"{s3.uri}/garden"), time.monotonic() + 20
    with sharing("sfm", f"{s3.uri}/garden"):
        reporter("sfm")(Progress("match images", 0.5))
        while not (seen := read_progress(storage)) or seen.stages["sfm"].fraction != 0.5:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    assert s3.names() == ["garden/progress.json"]


def test_a_store_that_is_not_there_costs_a_line(s3, capsys):
    with sharing("sfm", "s3://no-such-bucket/garden"):
        reporter("sfm")(Progress("match images", 0.5))
    assert capsys.readouterr().out.count("progress.json is not kept") == 1
