"""What --config, single options and --set say together, as the parameters that the pipeline gets."""

import json
import logging

import pytest
import typer

from components.compress.settings import CompressSettings
from components.train.settings import TrainSettings
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES
from pipelines.photos_to_sog.options import OPTIONS, merge_parameters
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS


def given(*assignments, config=None, **more):
    known = {"options": OPTIONS, "kinds": STAGE_SETTINGS, "values": {}} | more
    return GivenSettings(config=config, assignments=assignments, **known)


@pytest.fixture
def config(tmp_path):
    def write(text, name="run.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_nothing_given_is_nothing_sent():
    assert given().parameters() == {}
    assert given("train.steps=0", values={"seed": "0", "preset": "fast"}).parameters() == {}


def test_a_setting_with_an_option_of_its_own_is_sent_as_that_and_others_as_text():
    parameters = given("train.steps=700", "train.sh_degree=2", "evaluate.title=Castle, east").parameters()
    assert parameters == {
        "steps": 700,
        "train_settings": '{"sh_degree": 2}',
        "evaluate_settings": '{"title": "Castle, east"}',
    }


def test_an_option_of_several_stages_is_sent_where_all_agree():
    assert given(values={"seed": "3"}).parameters() == {"seed": 3}
    assert given("sfm.seed=4", values={"seed": "3"}).parameters() == {
        "sfm_settings": '{"seed": 4}',
        "train_settings": '{"seed": 3}',
        "compress_settings": '{"seed": 3}',
    }


def test_set_wins_over_options_and_options_over_the_file(config):
    path = config("train: {steps: 300, sh_degree: 1, test_every: 5}\nsfm: {min_points: 20}\n")
    values = {"steps": "400", "max_gaussians": "2000"}
    assert given("train.steps=500", "train.sh_degree=2", config=path, values=values).parameters() == {
        "steps": 500,
        "max_gaussians": 2000,
        "min_points": 20,
        "train_settings": '{"sh_degree": 2, "test_every": 5}',
    }


def test_formats_are_sent_in_one_order_and_read_as_they_were_meant():
    parameters = given(values={"formats": "lod, spz"}).parameters()
    assert parameters == {"formats": "sog,spz,lod"}
    settings = merge_parameters(OPTIONS, STAGE_SETTINGS, "", parameters)
    assert settings["compress"] == CompressSettings(formats="spz,lod")


def test_an_unknown_format_is_refused_before_anything_is_sent():
    with pytest.raises(typer.BadParameter, match="'gbl' is no format of scenes"):
        given(values={"formats": "sog,gbl"}).parameters()


def test_old_and_new_name_of_a_setting_meet(config):
    path = config("train: {calm_end: 0.3, exposure: off}\n")
    assert given("train.final_lr_factor=0.5", config=path).parameters() == {
        "train_settings": '{"exposure": "off", "final_lr_factor": 0.5}'
    }


def test_what_is_sent_is_read_by_the_first_task_as_it_was_meant():
    parameters = given("train.init_opacity=0.2", "ingest.min_images=5", values={"seed": "7"}).parameters()
    text = ",".join(f"{option.name}={parameters.get(option.name, option.default)}" for option in OPTIONS)
    settings = merge_parameters(OPTIONS, STAGE_SETTINGS, text, parameters)
    assert settings["train"] == TrainSettings(init_opacity=0.2, seed=7)
    assert settings["ingest"].changed() == {"min_images": 5}


def test_a_report_repeats_its_run(config):
    settings = TrainSettings(steps=500, init_scale=0.5, seed=3)
    resolved = settings.resolved_by(settings.plan("cpu"))
    stages = {
        "ingest": {"seconds": 3.0, "settings": {"min_images": 5}},
        "sfm": {"seconds": None, "settings": None},
        "train": {"seconds": 9.0, "settings": resolved},
    }
    report = config(json.dumps({"schema": 1, "status": "failed", "stages": stages}), "report.json")
    again = given("sfm.seed=3", config=report).parameters()
    merged = merge_parameters(OPTIONS, STAGE_SETTINGS, "", again)
    assert merged["ingest"].changed() == {"min_images": 5}
    assert again["steps"] == 500
    trained = TrainSettings.from_text(again["train_settings"])
    assert trained.plan("cpu").hyperparameters == settings.plan("cpu").hyperparameters


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trian: {steps: 500}", "there is no stage 'trian'. Did you mean train?"),
        ("train: 500", "train is 500; it must be settings by name"),
        ("train: {step: 500}", "Did you mean train.steps?"),
        ("train: {steps: 5}", "train.steps is 5; it must be a whole number from 100 to 1000000"),
        ("- train", "has no settings by stage"),
        ("train: {steps", "is no YAML"),
        ('{"schema": 1, "stages": {"train": {"seconds": 3}}}', "an older version wrote it"),
    ],
)
def test_a_file_that_is_wrong_is_refused(config, text, message):
    with pytest.raises(typer.BadParameter, match=r"\A") as error:
        given(config=config(text)).parameters()
    assert message in error.value.message
    assert error.value.param_hint == "'--config'"


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({"values": {"min_points": "0"}}, "'--min-points'"),
        ({"assignments": ("sfm.min_points=0",)}, "'--set'"),
        ({"training": "sh_degree=4"}, "'--training'"),
    ],
)
def test_the_option_that_said_it_is_named(more, hint):
    known = {"options": OPTIONS, "kinds": STAGE_SETTINGS, "values": {}} | more
    with pytest.raises(typer.BadParameter) as error:
        GivenSettings(**known).parameters()
    assert error.value.param_hint == hint


def test_deprecated_options_are_understood_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        parameters = given("train_settings=steps=500,seed=3", training="sh_degree=2").parameters()
    assert parameters == {"steps": 500, "train_settings": '{"seed": 3, "sh_degree": 2}'}
    assert "--training is deprecated; write --set train.NAME=VALUE" in caplog.text
    assert "write --set train.NAME=VALUE" in caplog.text


def test_on_a_cluster_other_parameters_are_left_to_the_pipeline():
    settings = given("train_memory=20Gi", "steps=500", "train.seed=2", on_cluster=True)
    assert settings.other_parameters() == ("train_memory=20Gi",)
    assert settings.parameters() == {"steps": 500, "train_settings": '{"seed": 2}'}


def test_an_inbox_has_settings_of_its_own():
    known = {"options": INBOX_OPTIONS, "kinds": INBOX_STAGES, "values": {"quiet_minutes": "0"}}
    assert given("inbox.max_passes=2", **known).parameters() == {"quiet_minutes": 0, "max_passes": 2}
