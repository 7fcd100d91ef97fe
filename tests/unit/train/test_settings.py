"""Bad settings are refused with the value and the limits; the device fills in the rest."""

import inspect
from dataclasses import fields

import pytest

from components.train.settings import PRESETS, TrainSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 3),
        ("max_gaussians", 31),
        ("image_max_side_px", 0),
        ("sh_degree", 4),
        ("test_every", 1),
        ("seed", -1),
    ],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        TrainSettings(**{name: value})


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="abacus"):
        TrainSettings(backend="abacus")


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="'turbo'; known are draft, fast, quality"):
        TrainSettings(preset="turbo")


def test_an_unknown_strategy_is_refused():
    with pytest.raises(ValueError, match="strategy is 'clone'; known are split, mcmc"):
        TrainSettings(strategy="clone")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_presets_spend_more_for_more(device):
    plans = [TrainSettings(preset=preset).plan(device) for preset in PRESETS]
    assert [plan.steps for plan in plans] == sorted({plan.steps for plan in plans})
    assert [plan.max_gaussians for plan in plans] == sorted({plan.max_gaussians for plan in plans})
    assert TrainSettings().plan(device) == plans[1]


def test_the_device_fills_in_what_was_left_open():
    settings = TrainSettings(steps=500)
    assert settings.plan("cpu").steps == settings.plan("cuda").steps == 500
    assert settings.plan("cpu").max_gaussians < settings.plan("cuda").max_gaussians


def test_defaults_of_the_face_are_those_of_the_settings():
    from components.train.component import train

    parameters = inspect.signature(train.python_func).parameters
    for field in fields(TrainSettings):
        if field.name in parameters:
            assert (parameters[field.name].default or None) == (field.default or None), field.name
