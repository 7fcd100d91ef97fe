"""Settings from text, JSON and Python: typed, named when wrong, and refused with the same words."""

import json
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from components.compress.settings import CompressSettings
from components.evaluate.settings import EvaluateSettings
from components.publish.settings import PublishSettings
from components.sfm.settings import SfmSettings
from components.shared.errors import InputError
from components.shared.settings import parse_text
from components.train.settings import TrainSettings


def test_values_take_the_type_of_their_setting():
    text = " sh_degree=2, ssim_lambda=0.1 ,half_resolution_until=0, antialiased=on,strategy=mcmc,"
    assert TrainSettings.from_text(text).changed() == {
        "sh_degree": 2,
        "ssim_lambda": 0.1,
        "half_resolution_until": 0.0,
        "antialiased": True,
        "strategy": "mcmc",
    }


def test_nothing_said_is_nothing_changed():
    assert SfmSettings.from_text("") == SfmSettings.from_text(" , ") == SfmSettings()
    assert SfmSettings().changed() == {}


def test_text_and_json_say_the_same():
    text, same = "max_features=4096,min_points=500", '{"min_points": 500, "max_features": 4096.0}'
    assert SfmSettings.from_text(text) == SfmSettings.from_text(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("min_registered_fraction=1", "min_registered_fraction=1.0"),
        ("max_features=4096,seed=3", ' seed = 3 , max_features="4096"'),
        ("min_points=1000", ""),
        ('{"max_features": 4096}', "max_features=4096.0,seed=0"),
    ],
)
def test_equal_settings_have_equal_texts(one, other):
    text = SfmSettings.from_text(one).to_text()
    assert text == SfmSettings.from_text(other).to_text()
    assert SfmSettings.from_text(text).to_text() == text


def test_other_settings_have_another_text():
    assert SfmSettings.from_text("seed=1").to_text() != SfmSettings.from_text("seed=2").to_text()
    assert TrainSettings.from_text("init_opacity=0.1").to_text() == '{"init_opacity": 0.1}'


def test_0_stands_for_automatic_where_it_is_outside_of_the_range():
    assert TrainSettings.from_text("steps=0").steps is None
    assert TrainSettings(steps=0) == TrainSettings(steps=None) == TrainSettings()
    assert TrainSettings.from_text("sh_degree=0").sh_degree == 0
    assert PublishSettings.from_text("cpu_usd_per_hour=0.0").cpu_usd_per_hour is None
    assert EvaluateSettings(max_psnr_drop_db=0.0).max_psnr_drop_db == 0.0


def test_a_value_may_hold_commas_and_be_a_path_or_none():
    settings = EvaluateSettings.from_text('title="Castle, east = wing",lpips_weights=/models/lpips.pt')
    assert (settings.title, settings.lpips_weights) == ("Castle, east = wing", Path("/models/lpips.pt"))
    assert EvaluateSettings.from_text(settings.to_text()) == settings
    assert EvaluateSettings.from_text("lpips_weights=none").lpips_weights is None
    assert TrainSettings.from_text("steps=None").steps is None


def test_a_truth_value_of_yaml_is_the_word_that_was_written():
    assert TrainSettings(exposure=False).exposure == "off"
    assert TrainSettings(antialiased="yes").antialiased is True


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("max_feature=3", "sfm has no setting 'max_feature'", "Did you mean sfm.max_features?"),
        ("colour=3", "sfm has no setting 'colour'", "The settings of sfm are min_points, min_registered_"),
        ("max_features", "'max_features' is no setting of sfm", "Write NAME=VALUE"),
        ("max_features=many", "sfm.max_features is 'many'; it must be a whole number from 100 to 100000", ""),
        ("max_features=2.5", "sfm.max_features is 2.5; it must be a whole number", ""),
        ("seed=none", "sfm.seed is 'none'; it must be a whole number", ""),
        ('{"seed": null}', "sfm.seed is None; it must be a whole number", ""),
        ("min_registered_fraction=half", "is 'half'; it must be a number from 0 to 1", ""),
        ("min_registered_fraction=nan", "is nan; it must be a number from 0 to 1", ""),
        ("max_features=5", "sfm.max_features is 5; it must be a whole number from 100 to 100000", "Correct"),
        ("seed=1,seed=2", "sfm.seed is given twice, as '1' and '2'", "once"),
        ('max_features="3', "is no setting", "double quotes"),
        ('{"max_features": ', "the settings of sfm are no JSON", "NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(text, message, remedy):
    with pytest.raises(InputError) as error:
        SfmSettings.from_text(text)
    assert message in error.value.message
    assert remedy in error.value.remedy
    assert not error.value.retryable


def test_a_choice_that_is_nearly_right_gets_the_right_one():
    with pytest.raises(
        InputError, match=r"train.preset is 'qualty'; it must be draft, fast or quality"
    ) as error:
        TrainSettings(preset="qualty")
    assert "Did you mean quality?" in error.value.remedy
    with pytest.raises(InputError, match=r"^train.antialiased is 'perhaps'; it must be on or off"):
        TrainSettings.from_text("antialiased=perhaps")


def test_a_deprecated_name_is_understood_and_the_present_one_told(caplog):
    with caplog.at_level(logging.WARNING):
        settings = TrainSettings.from_text("calm_end=0.5")
    assert settings == TrainSettings(final_lr_factor=0.5)
    assert "train.calm_end is deprecated; its name is train.final_lr_factor" in caplog.text
    with pytest.raises(InputError, match=r"train\.final_lr_factor is given twice, also by its old name"):
        TrainSettings(calm_end=0.5, final_lr_factor=0.2)


def test_hyperparameters_are_settings_and_overrule_those_of_the_preset():
    with pytest.raises(InputError) as error:
        TrainSettings.from_text("init_opacty=1")
    assert "Did you mean train.init_opacity?" in error.value.remedy
    chosen = TrainSettings.from_text("init_opacity=0.5").plan("cuda").hyperparameters
    usual = TrainSettings().plan("cuda").hyperparameters
    assert chosen.init_opacity == 0.5 != usual.init_opacity
    assert chosen.init_scale == usual.init_scale


def test_resolved_settings_are_all_of_them_and_plain():
    settings = EvaluateSettings(lpips_weights=Path("/lpips.pt"))
    resolved = json.loads(json.dumps(settings.resolved()))
    assert resolved.keys() == EvaluateSettings.settings().keys()
    assert resolved["lpips_weights"] == "/lpips.pt"
    assert EvaluateSettings.model_validate(resolved) == settings
    assert TrainSettings().resolved().keys() == TrainSettings.settings().keys()


def test_settings_cross_to_another_process():
    settings = TrainSettings(steps=700, init_scale=0.5)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_text_is_parsed_without_being_checked():
    assert parse_text("compress", "seed=3,speed=high") == {"seed": "3", "speed": "high"}
    expected = CompressSettings(seed=3, device="cpu", max_palette_entries=128)
    assert CompressSettings.from_text("seed=3,device=cpu,max_palette_entries=128") == expected


def test_importing_settings_imports_nothing_heavy():
    program = (
        "import sys, pipelines.photos_to_sog.options;"
        "print(sorted({'kfp', 'torch', 'numpy', 'numba', 'pycolmap', 'yaml'} & set(sys.modules)))"
    )
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "[]"
