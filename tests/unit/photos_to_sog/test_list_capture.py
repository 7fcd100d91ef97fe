"""The first task of a run, called as Kubeflow's executor calls it."""

import json

import pytest
from kfp import dsl

from components.shared.run_folder import find_output
from pipelines.photos_to_sog.component import list_capture
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS


@pytest.fixture(autouse=True)
def a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))


@pytest.fixture
def capture(tmp_path):
    folder = tmp_path / "castle"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(b"photo")
    return folder


def call(capture, tmp_path, **more):
    listing = dsl.Artifact(uri=str(tmp_path / "listing"))
    return list_capture.python_func(listing=listing, capture=str(capture), **more)


def record(output):
    return json.loads((output / "stages" / "ingest.json").read_text())


def test_it_says_what_the_others_need_and_leaves_a_listing(capture, tmp_path):
    fingerprint, output, title, *_ = call(capture, tmp_path)
    assert (output, title) == (f"{capture}-scene", "castle-scene")
    assert find_output("sfm", fingerprint, dsl.Artifact(uri="unused")) == output
    listing = json.loads((tmp_path / "listing").read_text())
    assert listing["fingerprint"] == fingerprint
    assert [(each["name"], each["bytes"]) for each in listing["files"]] == [("a.jpg", 5), ("b.jpg", 5)]


def test_neither_output_nor_settings_change_the_fingerprint(capture, tmp_path):
    first, *_ = call(capture, tmp_path, output=str(tmp_path / "a"))
    given = {"options": "steps=500", "sfm_settings": "seed=3"}
    second, *_ = call(capture, tmp_path, output=str(tmp_path / "b"), **given)
    assert first == second
    (capture / "c.jpg").write_bytes(b"photo")
    third, *_ = call(capture, tmp_path, output=str(tmp_path / "b"))
    assert third != first


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sfm_settings": "max_feature=9"}, "sfm has no setting 'max_feature'"),
        ({"formats": "sog,gbl"}, "compress.formats: 'gbl' is no format"),
        ({"publish_settings": "cpu_usd_per_hour=-1"}, "publish.cpu_usd_per_hour is -1"),
        ({"options": "seed=0,steps=50"}, "train.steps is 50; it must be a whole number from 100 to 1000000"),
        ({"options": "seed=-1"}, "sfm.seed is -1"),
        ({"compress_settings": 'formats="sog,gbl"'}, "compress.formats: 'gbl' is no format"),
        ({"options": "preset=turbo"}, "train.preset is 'turbo'; it must be draft, fast or quality"),
    ],
)
def test_wrong_settings_fail_as_ingest_would_before_anything_is_listed(capture, tmp_path, more, message):
    output = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        call(capture, tmp_path, output=str(output), **more)
    assert ended.value.code == 3
    assert not (tmp_path / "listing").exists()
    failure = record(output)["failure"]
    assert (failure["type"], failure["stage"], failure["retryable"]) == ("InputError", "ingest", False)
    assert failure["message"].startswith(message)


def test_a_capture_that_is_not_there_fails_as_in_ingest(tmp_path):
    with pytest.raises(SystemExit):
        call(tmp_path / "none", tmp_path, output=str(tmp_path / "out"))
    assert "does not exist" in record(tmp_path / "out")["failure"]["message"]


def test_records_of_an_earlier_run_are_forgotten_on_a_cluster_and_kept_on_one_machine(
    capture, tmp_path, monkeypatch
):
    old = tmp_path / "out" / "stages" / "sfm.json"
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps({"run": "run-0", "failure": None}))
    with monkeypatch.context() as on_one_machine:
        on_one_machine.delenv("KUBESPLAT_RUN")
        call(capture, tmp_path, output=str(tmp_path / "out"))
    assert old.exists()
    call(capture, tmp_path, output=str(tmp_path / "out"))
    assert not old.exists()


def texts(capture, tmp_path, **more):
    """The settings that each stage gets, by stage."""
    _, _, _, _, *found = call(capture, tmp_path, output=str(tmp_path / "out"), **more)
    return dict(zip(("ingest", "sfm", "train", "compress", "evaluate"), found, strict=True))


def test_each_stage_gets_what_differs_from_its_defaults(capture, tmp_path):
    options = "preset=draft,steps=500,seed=3,min_points=1000,cpu_usd_per_hour=0.5"
    found = texts(capture, tmp_path, options=options, sfm_settings="max_features=4096,seed=4")
    assert found == {
        "ingest": "{}",
        "sfm": '{"max_features": 4096, "seed": 4}',
        "train": '{"preset": "draft", "seed": 3, "steps": 500}',
        "compress": '{"seed": 3}',
        "evaluate": "{}",
    }


def test_defaults_of_all_options_change_nothing(capture, tmp_path):
    text = ",".join(f"{option.name}={option.default}" for option in OPTIONS if not option.is_text)
    named = {option.name: option.default for option in OPTIONS if option.is_text}
    assert set(texts(capture, tmp_path, options=text, **named).values()) == {"{}"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"options": "steps=500"}, {"train_settings": "steps=500"}),
        ({"options": "steps=500.0,seed=0"}, {"options": "steps=200", "train_settings": '{"steps": 500}'}),
        ({"options": "min_registered_fraction=1"}, {"options": "min_registered_fraction=1.0"}),
        ({"formats": "spz, lod"}, {"compress_settings": 'formats="lod,sog,spz"'}),
        ({"train_settings": "calm_end=0.5"}, {"train_settings": "final_lr_factor=0.50"}),
    ],
)
def test_the_same_settings_in_other_words_have_the_same_texts(capture, tmp_path, one, other):
    assert texts(capture, tmp_path, **one) == texts(capture, tmp_path, **other)


@pytest.mark.parametrize(
    ("more", "stages"),
    [
        ({"options": "steps=500"}, {"train"}),
        ({"options": "preset=draft"}, {"train"}),
        ({"options": "min_points=500"}, {"sfm"}),
        ({"options": "seed=1"}, {"sfm", "train", "compress"}),
        ({"options": "max_psnr_drop_db=2"}, {"evaluate"}),
        ({"options": "gpu_usd_per_hour=1.2"}, set()),
        ({"publish_settings": "gpu_usd_per_hour=1.2"}, set()),
        ({"ingest_settings": "min_images=10"}, {"ingest"}),
        ({"formats": "sog,spz"}, {"compress"}),
    ],
)
def test_a_setting_changes_the_text_of_its_stages_alone(capture, tmp_path, more, stages):
    usual, found = texts(capture, tmp_path), texts(capture, tmp_path, **more)
    assert {stage for stage, text in found.items() if text != usual[stage]} == stages


def test_it_stores_the_settings_of_all_stages_for_the_report(capture, tmp_path):
    call(capture, tmp_path, output=str(tmp_path / "out"), options="steps=500,gpu_usd_per_hour=1.2")
    stored = json.loads((tmp_path / "out" / "stages" / "settings.json").read_text())
    assert {stage: set(names) for stage, names in stored.items()} == {
        stage: set(kind.settings()) for stage, kind in STAGE_SETTINGS.items()
    }
    assert (stored["train"]["steps"], stored["publish"]["gpu_usd_per_hour"]) == (500, 1.2)
