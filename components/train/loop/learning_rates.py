"""Learning rates: those of 3D Gaussian splatting, tied to the run's length and the scene's size."""

from __future__ import annotations

# Kerbl et al. 2023, for 30,000 steps; those of the positions are in units of the scene's extent.
_USUAL_STEPS = 30_000
_MEANS_START, _MEANS_END = 1.6e-4, 1.6e-6
_SCALES = 5e-3
_RATES = {"quats": 1e-3, "opacities": 5e-2, "sh0": 2.5e-3, "shN": 2.5e-3 / 20}

# Towards the end smaller steps settle what single photos pull to and fro.
_CALM_FROM = 0.7

# Shorter runs gain by larger steps, up to these factors (measured on runs of 1,500 and 3,000 steps).
_MEANS_GAIN, _SCALES_GAIN = 20.0, 3.0


def learning_rates(
    step: int, steps: int, extent: float, caution: float = 1.0, calm_end: float = 1.0
) -> dict[str, float]:
    """Rates at `step` of `steps`; `caution` scales all.

    Those of positions decay all the time, the others near the end, to `calm_end` of what they were.
    """
    shortness = max(1.0, _USUAL_STEPS / steps)
    means = (
        extent * min(shortness, _MEANS_GAIN) * _MEANS_START * (_MEANS_END / _MEANS_START) ** (step / steps)
    )
    calm = calm_end ** max(0.0, (step / steps - _CALM_FROM) / (1.0 - _CALM_FROM))
    rates = {"scales": _SCALES * min(shortness**0.5, _SCALES_GAIN), **_RATES}
    return {"means": means * caution, **{name: rate * caution * calm for name, rate in rates.items()}}
