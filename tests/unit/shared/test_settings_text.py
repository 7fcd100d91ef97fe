"""Settings as one line of text: typed, named when wrong, and refused before any work."""

from pathlib import Path

import pytest

from components.compress.settings import CompressSettings
from components.evaluate.settings import EvaluateSettings
from components.publish.settings import PublishSettings
from components.sfm.settings import SfmSettings
from components.shared.errors import InputError
from components.shared.settings_text import build_settings, parse_settings
from components.train.settings import TrainSettings


def test_values_take_the_type_of_their_setting():
    text = " sh_degree=2, ssim_lambda=0.1 ,half_size_until=0, antialiased=on,strategy=mcmc,"
    assert parse_settings(TrainSettings, "train", text) == {
        "sh_degree": 2,
        "ssim_lambda": 0.1,
        "recipe": {"half_size_until": 0.0},
        "antialiased": True,
        "strategy": "mcmc",
    }


def test_nothing_said_is_nothing_changed():
    assert (
        build_settings(SfmSettings, "sfm", "") == build_settings(SfmSettings, "sfm", " , ") == SfmSettings()
    )


def test_text_wins_over_parameters():
    settings = build_settings(SfmSettings, "sfm", "max_features=4096,min_points=500", min_points=1000, seed=7)
    assert settings == SfmSettings(max_features=4096, min_points=500, seed=7)


def test_a_parameter_of_0_leaves_to_the_stage_what_has_no_default_and_is_0_elsewhere():
    assert build_settings(TrainSettings, "train", "sh_degree=0", steps=0).steps is None
    assert build_settings(TrainSettings, "train", "sh_degree=0").sh_degree == 0
    assert build_settings(PublishSettings, "publish", cpu_usd_per_hour=0.0).cpu_usd_per_hour is None
    assert build_settings(EvaluateSettings, "evaluate", max_psnr_drop_db=0.0).max_psnr_drop_db == 0.0


def test_a_value_may_hold_commas_and_be_a_path_or_none():
    text = 'title="Castle, east = wing",lpips_weights=/models/lpips.pt'
    settings = build_settings(EvaluateSettings, "evaluate", text)
    assert (settings.title, settings.lpips_weights) == ("Castle, east = wing", Path("/models/lpips.pt"))
    assert build_settings(EvaluateSettings, "evaluate", "lpips_weights=none").lpips_weights is None
    assert build_settings(TrainSettings, "train", "steps=None", steps=500).steps is None


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("max_feature=3", "sfm_settings: 'max_feature' is no setting of sfm", "Did you mean max_features?"),
        ("speed=3", "'speed' is no setting of sfm", "There are min_points, min_registered_fraction, "),
        ("max_features", "sfm_settings: 'max_features' is no setting", "Write NAME=VALUE"),
        ("max_features=many", "max_features is 'many'; it must be a whole number", "max_features=VALUE"),
        ("max_features=2.5", "max_features is '2.5'; it must be a whole number", ""),
        ("max_features=none", "max_features is 'none'; it must be a whole number", ""),
        ("min_registered_fraction=half", "min_registered_fraction is 'half'; it must be a number", ""),
        ("min_registered_fraction=nan", "must be from 0.0 to 1.0", ""),
        ("max_features=5", "sfm_settings: max_features is 5; it must be from 100 to 100000", "Correct"),
        ("seed=1,seed=2", "sfm_settings: seed is given twice, as '1' and '2'", "once"),
        ('max_features="3', "is no setting", "double quotes"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(text, message, remedy):
    with pytest.raises(InputError) as error:
        build_settings(SfmSettings, "sfm", text)
    assert message in error.value.message
    assert remedy in error.value.remedy


def test_a_parameter_that_is_wrong_is_named_as_such():
    with pytest.raises(InputError, match=r"^min_points is 0; it must be from 1") as error:
        build_settings(SfmSettings, "sfm", "seed=1", min_points=0)
    assert not error.value.retryable
    with pytest.raises(InputError, match=r"^train_settings: antialiased is 'perhaps'; it must be on or off"):
        build_settings(TrainSettings, "train", "antialiased=perhaps")


def test_names_of_the_recipe_are_known_and_overrule_those_of_the_preset():
    with pytest.raises(InputError) as error:
        build_settings(TrainSettings, "train", "start_opaqueness=1")
    assert "Did you mean start_opacity?" in error.value.remedy
    told = build_settings(TrainSettings, "train", "start_opacity=0.5").plan("cuda").recipe
    usual = TrainSettings().plan("cuda").recipe
    assert told.start_opacity == 0.5 != usual.start_opacity
    assert told.start_width == usual.start_width


def test_every_plain_setting_can_be_set():
    text = "seed=3,device=cpu,max_palette_entries=128"
    expected = CompressSettings(seed=3, device="cpu", max_palette_entries=128)
    assert build_settings(CompressSettings, "compress", text) == expected
