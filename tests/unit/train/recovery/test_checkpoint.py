"""Checkpoints are whole, the last two are kept, and a damaged one is passed over."""

from pathlib import Path

import pytest
import torch

from components.train.recovery.checkpoint import Checkpoints, checkpoint_key, hash_folder

CPU = torch.device("cpu")


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(str(tmp_path), "key")


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_the_newest_is_loaded(checkpoints):
    for step in (5, 20, 100):
        checkpoints.save(step, {"step": step, "tensor": torch.arange(step)})
    assert checkpoints.load_latest(CPU)["step"] == 100


def test_two_are_kept(checkpoints, tmp_path):
    for step in range(5):
        checkpoints.save(step, {"step": step})
    assert [path.name[:13] for path in files(tmp_path)] == ["step-00000003", "step-00000004"]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:-9] + b"x" * 9])
def test_a_damaged_one_is_passed_over_with_a_warning(checkpoints, tmp_path, caplog, damage):
    checkpoints.save(1, {"step": 1})
    checkpoints.save(2, {"step": 2})
    newest = files(tmp_path)[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    assert checkpoints.load_latest(CPU)["step"] == 1
    assert "damaged" in caplog.text


def test_without_any_there_is_none(checkpoints):
    assert checkpoints.load_latest(CPU) is None


def test_half_written_files_are_no_checkpoints_and_go_in_the_end(checkpoints, tmp_path):
    checkpoints.save(1, {"step": 1})
    files(tmp_path)[0].with_name(".step-00000009-0123456789abcdef.pt.x1").write_bytes(b"half")
    assert checkpoints.load_latest(CPU)["step"] == 1
    checkpoints.clear()
    assert not files(tmp_path)


def test_the_key_follows_scene_and_decisions():
    key = checkpoint_key("abc", {"seed": 0})
    assert checkpoint_key("abc", {"seed": 0}) == key
    assert checkpoint_key("abc", {"seed": 1}) != key
    assert checkpoint_key("abd", {"seed": 0}) != key


def test_the_hash_of_a_folder_follows_names_and_contents(tmp_path):
    (tmp_path / "images").mkdir()
    photo = tmp_path / "images" / "a.jpg"
    photo.write_bytes(b"one")
    first = hash_folder(tmp_path)
    assert hash_folder(tmp_path) == first
    photo.write_bytes(b"two")
    changed = hash_folder(tmp_path)
    photo.rename(tmp_path / "images" / "b.jpg")
    assert len({first, changed, hash_folder(tmp_path)}) == 3


def test_of_two_of_the_same_step_the_later_one_counts(checkpoints, tmp_path):
    for budget in range(8):  # Their names sort by hash.
        checkpoints.save(5, {"step": 5, "budget": budget})
        assert checkpoints.load_latest(CPU)["budget"] == budget
    assert len(files(tmp_path)) == 1


def test_no_folder_is_left_without_checkpoints(checkpoints, tmp_path):
    checkpoints.save(1, {"step": 1})
    checkpoints.clear()
    assert list(tmp_path.iterdir()) == []
