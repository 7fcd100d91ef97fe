"""The forecast of GPU memory against what was measured, and against tensors as they are made."""

import weakref
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from components.train.hyperparameters import CUDA
from components.train.loop.schedule import LEVELS
from components.train.losses.photometric import torch_photometric_loss
from components.train.memory.budget import fitting_budget, grant_budget, smaller_budget
from components.train.memory.forecast import Workload
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import NAMES, Gaussians
from components.train.scene.views import TrainingView, load_views
from components.train.settings import TrainSettings
from components.train.steps.step import StepConfig
from components.train.strategies.split import SplitStrategy
from tests.unit.shared.rasterize import rasterize_scenes as scenes

CPU = torch.device("cpu")
MIB = 2**20
WIDTH, HEIGHT, PHOTOS, TRAINED_ON = 798, 531, 252, 220
ROOM = Workload(
    photo_bytes=3 * (PHOTOS * WIDTH * HEIGHT + TRAINED_ON * (WIDTH // 2) * (HEIGHT // 2)),
    largest_px=WIDTH * HEIGHT,
    cameras=PHOTOS,
    sh_degree=3,
)
PAINTED_ROOM = replace(ROOM, photo_bytes=99_590_400, largest_px=800 * 532, cameras=64)
LARGE = replace(ROOM, photo_bytes=1_800 * MIB, largest_px=1_600 * 1_067)
FAST = TrainSettings(preset="fast")


class LiveBytes(TorchDispatchMode):
    """Bytes of the tensors that operations made and that are still alive, now and at most."""

    now = peak = 0

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        known = {tensor.untyped_storage()._cdata for tensor in _tensors((arguments, keywords))}
        for storage in (tensor.untyped_storage() for tensor in _tensors(result)):
            if storage._cdata not in known | self._sizes.keys():
                self._sizes[storage._cdata] = storage.nbytes()
                self.now += storage.nbytes()
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._forget, storage._cdata)
        return result

    def _forget(self, key: int) -> None:
        self.now -= self._sizes.pop(key)


def _tensors(tree) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


@pytest.mark.parametrize(("budget", "measured_mib"), [(300_000, 454), (500_000, 672), (1_000_000, 1_206)])
def test_it_says_what_was_measured_on_an_h200(budget, measured_mib):
    """`torch.cuda.max_memory_allocated` of the presets on the painted room of `benchmarks/memory.py`."""
    assert PAINTED_ROOM.forecast(budget).peak / MIB == pytest.approx(measured_mib, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("sh_degree", [0, 1, 3])
def test_refinement_takes_what_its_tensors_take(sh_degree):
    count = 20_000
    with LiveBytes() as live:
        gaussians = Gaussians(
            {
                "means": torch.randn(count, 3),
                "quats": torch.randn(count, 4),
                "scales": torch.randn(count, 3),
                "opacities": torch.zeros(count),
                "sh0": torch.randn(count, 3),
                "shN": torch.randn(count, (sh_degree + 1) ** 2 - 1, 3),
            }
        )
        assert len(gaussians.moments) == 6
        stats = DensificationStats.zeros(count, CPU)
        stats.grad2d += 1.0
        stats.error += torch.rand(count)
        in_bounds = torch.arange(count) % 50 > 0
        live.peak = live.now
        SplitStrategy(CUDA, 0, CPU).refine(gaussians, stats, in_bounds, round(1.03 * count), 600)
    forecast = replace(ROOM, sh_degree=sh_degree).forecast(len(gaussians))
    assert live.now == pytest.approx(forecast.gaussians, rel=0.01)
    assert live.peak == pytest.approx(forecast.gaussians + forecast.phases["refine"], rel=0.03)


@pytest.mark.slow
def test_the_fused_step_takes_what_its_tensors_take():
    """Without what torch's sort takes on a CUDA device, in Triton's interpreter where there is none."""
    pytest.importorskip("triton", reason="Triton has no wheel for this platform")
    from components.train.steps.fused.fused_step import FusedStep

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    camera = scenes.make_camera(40, 32)
    gaussians = Gaussians({name: value.to(device) for name, value in scenes.random_gaussians(20).items()})
    assert len(gaussians.moments) == 6
    photo = TrainingView("a.png", camera, torch.zeros(32, 40, 3, dtype=torch.uint8, device=device))
    step = FusedStep(StepConfig(ssim_lambda=0.2, scene_scale=3.0), device)
    with LiveBytes() as live:
        stats = DensificationStats.zeros(len(gaussians), device)
        step(gaussians, [photo], dict.fromkeys(NAMES, 1e-3), 3, stats=stats)
    counted = replace(ROOM, largest_px=40 * 32).forecast(len(gaussians)).phases
    picture_in_the_photos_exposure = 16 * 40 * 32  # Only where photos differ.
    assert live.peak == pytest.approx(counted["compare"] - picture_in_the_photos_exposure, rel=0.05)


def test_the_loss_in_torch_takes_what_its_tensors_take():
    height, width = 60, 80
    image, target = torch.rand(height, width, 3, requires_grad=True), torch.rand(height, width, 3)
    with LiveBytes() as live:
        torch_photometric_loss(image, target, 0.2).backward()
    small = replace(ROOM, uses_autograd=True, largest_px=height * width).forecast(0).phases["compare"]
    none = replace(ROOM, uses_autograd=True, largest_px=0).forecast(0).phases["compare"]
    assert live.peak == pytest.approx(small - none, rel=0.25)
    assert live.peak < small - none


def test_photos_are_counted_once_at_both_sizes(posed_scene):
    views = load_views(posed_scene, 96, 8, LEVELS, CPU)
    workload = Workload.of(views, FAST, FAST.plan("cuda"))
    assert workload.photo_bytes == 3 * (17 * 96 * 72 + 14 * 48 * 36)
    assert workload.largest_px == 96 * 72
    assert workload.cameras == 17
    assert workload.sh_degree == 3
    assert not workload.uses_autograd


def test_photos_that_do_not_fit_stay_with_the_host(posed_scene, monkeypatch):
    monkeypatch.setattr("components.train.memory.forecast.DEVICE_CACHE_BYTES", 17 * 96 * 72 * 3)
    views = load_views(posed_scene, 96, 8, LEVELS, CPU)
    assert Workload.of(views, FAST, FAST.plan("cuda")).photo_bytes == 0


def test_large_photos_make_the_loss_the_busiest():
    assert ROOM.forecast(500_000).busiest == "measure"
    assert LARGE.forecast(500_000).busiest == "compare"
    autograd = replace(LARGE, uses_autograd=True)
    assert autograd.forecast(500_000).peak > LARGE.forecast(500_000).peak


def test_the_largest_budget_is_the_last_that_fits():
    usable = ROOM.forecast(700_000).peak
    assert ROOM.largest_budget(usable) == 700_000
    assert ROOM.largest_budget(usable - 1) == 699_000
    assert ROOM.largest_budget(MIB) == 0


def test_the_preset_is_granted_where_it_fits():
    grant = grant_budget(FAST, FAST.plan("cuda"), ROOM, 22_000 * MIB)
    assert grant.granted == grant.wanted == 500_000
    assert grant.free_bytes == 22_000 * MIB
    assert grant.forecast_bytes == ROOM.forecast(500_000).peak - ROOM.photo_bytes


def test_with_less_memory_less_is_granted_with_a_warning(caplog):
    free = 400 * MIB
    grant = grant_budget(FAST, FAST.plan("cuda"), ROOM, free)
    assert grant.wanted == 500_000
    assert 100_000 < grant.granted < 400_000
    assert 0.7 * free < grant.forecast_bytes <= 0.8 * free
    assert grant.granted == fitting_budget(ROOM, free)
    assert f"500,000 Gaussians are wanted, {grant.granted:,} fit into 400 MiB" in caplog.text


def test_a_number_that_was_given_is_obeyed_with_a_warning(caplog):
    settings = FAST.model_copy(update={"max_gaussians": 800_000})
    grant = grant_budget(settings, settings.plan("cuda"), ROOM, 400 * MIB)
    assert grant.granted == 800_000
    assert grant.forecast_bytes > 400 * MIB
    assert "training uses 800,000" in caplog.text


def test_there_is_always_a_smallest_budget():
    assert grant_budget(FAST, FAST.plan("cuda"), ROOM, MIB).granted == 1_000


def test_where_memory_is_not_forecast_all_is_granted():
    grant = grant_budget(FAST, FAST.plan("cpu"), ROOM, None)
    assert grant.granted == grant.wanted == 30_000
    assert grant.forecast_bytes is None


@pytest.mark.parametrize(
    ("fitting", "expected"),
    [(None, 50_000), (80_000, 80_000), (99_000, 50_000), (20_000, 20_000), (0, 1_000)],
)
def test_after_full_memory_what_fits_is_better_than_half(fitting, expected):
    assert smaller_budget(100_000, fitting) == expected
