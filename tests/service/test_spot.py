"""A reclaimed spot node: training killed at a random step resumes elsewhere from S3 alone."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.service.posed_demo import write_scene_archive

STEPS = 800
SETTINGS = {
    "steps": STEPS,
    "max_gaussians": 3_000,
    "image_max_side_px": 160,
    "checkpoint_every_seconds": 0.3,
}
SAME_PSNR_DB, SAME_SSIM = 0.05, 0.005


class Node:
    """A machine with a disk of its own; artifacts, results and checkpoints are in S3."""

    def __init__(self, folder: Path, bucket: str, run: str) -> None:
        folder.mkdir()
        self.folder, self.output = folder, f"{bucket}/{run}"
        self._arguments: dict[str, Any] = {
            "scene": f"{bucket}/scene.tar",
            "output": self.output,
            "folder": str(folder),
            **SETTINGS,
        }
        self._environment = {
            **os.environ,
            "TMPDIR": str(folder),
            "HOME": str(folder),
            "KUBESPLAT_ARTIFACTS": f"{self.output}/artifacts",
            "KUBESPLAT_PROGRESS": str(folder / "progress"),
            "OMP_NUM_THREADS": "1",
        }

    def start(self, **more: Any) -> subprocess.Popen[bytes]:
        program = Path(__file__).with_name("train_component.py")
        return subprocess.Popen(
            [sys.executable, str(program), json.dumps(self._arguments | more)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "stderr").open("w"),
        )

    def train(self, **more: Any) -> None:
        assert self.start(**more).wait(180) == 0, (self.folder / "stderr").read_text()

    def step(self) -> int:
        """As last reported."""
        path = self.folder / "progress"
        lines = path.read_text().splitlines() if path.exists() else []
        phases = [json.loads(line)["phase"] for line in lines if line.endswith("}")]
        return max((int(phase[5:]) for phase in phases if phase.startswith("Iter ")), default=0)

    def kill_at(self, step: int, has_saved: Callable[[], object]) -> int:
        """Train until about that step and something was saved, then SIGKILL; the disk goes too."""
        process = self.start()
        give_up = time.monotonic() + 120
        try:
            while not (self.step() >= step and has_saved()) and time.monotonic() < give_up:
                assert process.poll() is None, (self.folder / "stderr").read_text()
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
        killed_at = self.step()
        shutil.rmtree(self.folder)
        return killed_at


def saved(s3, run: str) -> list[str]:
    return [name for name in s3.names() if name.startswith(f"{run}/") and "/checkpoints/" in name]


def record(s3, run: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(s3.get(f"{run}/stages/train.json"))["figures"]
    return figures


@pytest.fixture
def bucket(s3, small_demo, tmp_path) -> str:
    write_scene_archive(small_demo, tmp_path / "scene.tar")
    s3.put("scene.tar", tmp_path / "scene.tar")
    return str(s3.uri)


def test_killed_at_a_random_step_it_goes_on_from_s3_to_the_same_quality(bucket, s3, tmp_path):
    Node(tmp_path / "calm", bucket, "calm").train()
    undisturbed = record(s3, "calm")

    step = random.Random(2024).randrange(STEPS // 5, 4 * STEPS // 5)
    killed_at = Node(tmp_path / "lost", bucket, "spot").kill_at(step, lambda: saved(s3, "spot"))
    assert step <= killed_at < STEPS
    assert not (tmp_path / "lost").exists()
    assert not [name for name in s3.names() if name.startswith(("spot/stages/", "spot/artifacts/"))]

    Node(tmp_path / "next", bucket, "spot").train()
    resumed = record(s3, "spot")
    assert 0 < resumed["resumed_from_step"] < STEPS
    assert resumed["steps"] == STEPS
    assert resumed["psnr_db"] == pytest.approx(undisturbed["psnr_db"], abs=SAME_PSNR_DB)
    assert resumed["ssim"] == pytest.approx(undisturbed["ssim"], abs=SAME_SSIM)
    assert resumed["gaussians"] == pytest.approx(undisturbed["gaussians"], rel=0.01)
    assert saved(s3, "spot") == [], "nothing is left to pay for"


def test_other_settings_do_not_go_on_from_there(bucket, s3, tmp_path, monkeypatch):
    """The key is made of the scene and the settings: equal ones resume, whatever machine they are on."""
    monkeypatch.setitem(SETTINGS, "steps", 400)
    Node(tmp_path / "lost", bucket, "spot").kill_at(1, lambda: saved(s3, "spot"))
    left = saved(s3, "spot")
    Node(tmp_path / "other", bucket, "spot").train(seed=1, steps=100)
    assert record(s3, "spot")["resumed_from_step"] is None
    assert saved(s3, "spot") == left, "another training's work is not touched"
    Node(tmp_path / "next", bucket, "spot").train()
    assert record(s3, "spot")["resumed_from_step"] > 0
