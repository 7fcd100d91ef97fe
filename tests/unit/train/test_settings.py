"""Bad settings are refused with the value and the limits; the device fills in the rest."""

import hashlib

import pytest

from components.shared.errors import InputError
from components.train.hyperparameters import CPU, CUDA
from components.train.recovery.checkpoint import checkpoint_key
from components.train.settings import PRESETS, TrainSettings, decisions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 3),
        ("max_gaussians", 31),
        ("image_max_side_px", 5),
        ("sh_degree", 4),
        ("test_every", 1),
        ("seed", -1),
        ("init_opacity", 1.5),
    ],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(InputError, match=rf"train\.{name} is {value}; it must be a .*number from "):
        TrainSettings(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("backend", "abacus", "auto, numba or gsplat"),
        ("preset", "turbo", "draft, fast or quality"),
        ("strategy", "clone", "split or mcmc"),
    ],
)
def test_an_unknown_choice_is_refused(name, value, choices):
    with pytest.raises(InputError, match=f"train.{name} is '{value}'; it must be {choices}"):
        TrainSettings(**{name: value})


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
    assert settings.plan("cpu").hyperparameters == CPU
    assert settings.plan("cuda").hyperparameters == CUDA


def test_resolved_settings_have_what_the_plan_decided():
    settings = TrainSettings(steps=500, init_scale=0.5)
    resolved = settings.resolved_by(settings.plan("cuda"))
    assert resolved.keys() == TrainSettings.settings().keys()
    assert (resolved["steps"], resolved["max_gaussians"], resolved["sh_degree"]) == (500, 500_000, 3)
    assert (resolved["init_scale"], resolved["init_opacity"]) == (0.5, CUDA.init_opacity)
    again = TrainSettings.model_validate(resolved)
    assert again.plan("cuda") == again.plan("cpu") == settings.plan("cuda")


@pytest.mark.parametrize(
    ("settings", "device", "key"),
    [
        ("", "cpu", "1f81305daab3c6b1"),
        ("", "cuda", "976a05536a23ac4c"),
        (
            "preset=quality,steps=700,seed=3,sh_degree=0,gpus=2,checkpoint_every_seconds=5",
            "cuda",
            "741c91ec75ce690f",
        ),
        (
            "antialiased=on,depth_weight=0.1,exposure=off,strategy=mcmc,ssim_lambda=0",
            "cpu",
            "972f808b4c182414",
        ),
        (
            "calm_end=0.5,covering=0,start_opacity=0.2,splits_by_error=off,colors_gain=4,fused=on",
            "cuda",
            "b6dc8dc7d0eaab7b",
        ),
    ],
)
def test_checkpoints_of_version_0_1_are_found(settings, device, key):
    """The keys are what version 0.1.0 computed for the same settings."""
    scene_hash = hashlib.sha256(b"a scene").hexdigest()
    chosen = TrainSettings.from_text(settings)
    assert checkpoint_key(scene_hash, *decisions(chosen, chosen.plan(device)), "numba") == key
