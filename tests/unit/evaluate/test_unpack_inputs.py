from components.evaluate import unpack_inputs as module
from components.evaluate.unpack_inputs import unpack_inputs
from components.shared.archive import pack
from components.shared.files import write_json
from tests.toy_world import HELD_OUT, training_info


def test_of_the_photos_only_those_that_evaluation_reads_are_unpacked(posed_scene, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "thumbnail_names", lambda images: {"03.png"})
    write_json(tmp_path / "made" / "training.json", training_info())
    pack(tmp_path / "made", tmp_path / "splat.tar")
    pack(posed_scene.root, tmp_path / "scene.tar")
    scene, splat = unpack_inputs(tmp_path / "scene.tar", tmp_path / "splat.tar", tmp_path / "inputs")
    assert sorted(path.name for path in (scene / "images").iterdir()) == sorted([*HELD_OUT, "03.png"])
    assert (scene / "sparse" / "images.bin").read_bytes() == (
        posed_scene.root / "sparse" / "images.bin"
    ).read_bytes()
    assert (scene / "scene.json").exists()
    assert (splat / "training.json").exists()
