"""The result of an inspection on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from components.shared.contracts.forecast import Forecast, cost_usd
from components.shared.contracts.inspection import EXPECTED
from components.shared.dollars import dollars
from components.shared.progress import duration
from pipelines.cli.display.tables import Column, print_table
from pipelines.inspect_capture.inspection import Inspection

_PHOTO_COLUMNS = (
    Column("photo"),
    Column("verdict"),
    Column("why", wraps=True),
    Column("features", numeric=True, drops=1),
    Column("matches", numeric=True, drops=2),
)
_STAGE_COLUMNS = (
    Column("stage"),
    Column("time", numeric=True),
    Column("cost", numeric=True),
    Column("on spot", numeric=True, drops=1),
    Column("machine", drops=2),
)
_WEAKEST = 5
"""Photos without a fault that are shown: those with the fewest matches."""


def show_inspection(found: Inspection, console: Console) -> None:
    """Print photos with a fault, the weakest of the others, what is expected of the run, and its costs."""
    _show_photos(found, console)
    sentences = [*found.notes, *found.capture.sentences()]
    if sentences:
        console.print("\nAbout the capture", style="bold")
    for sentence in sentences:
        console.print(f"  • {sentence}", markup=False, soft_wrap=not console.is_terminal)
    _show_forecast(found, console)


def _show_photos(found: Inspection, console: Console) -> None:
    faulty = [photo for photo in found.photos if photo.verdict != EXPECTED]
    good = [photo for photo in found.photos if photo.verdict == EXPECTED]
    matched = sorted(
        (photo for photo in good if photo.best_matches), key=lambda photo: photo.best_matches or 0
    )
    shown = [*faulty, *matched[:_WEAKEST]]
    fraction = f"{found.expected_registered_fraction:.0%}"
    console.print(
        f"{found.capture.images} photos, {found.capture.accepted} usable; "
        f"{found.expected_registered} of these ({fraction}) are expected to fit together",
        style="bold",
        soft_wrap=not console.is_terminal,
    )
    if not shown:
        return
    weakest = f" and the {len(matched[:_WEAKEST])} with the fewest matches" if matched else ""
    title = (
        f"Photos that will not be used{weakest}" if faulty else f"The {len(shown)} with the fewest matches"
    )
    console.print(f"\n{title}", style="bold")
    rows = [
        (
            photo.name,
            Text(photo.verdict, style="green" if photo.verdict == EXPECTED else "red"),
            photo.reason,
            "" if photo.features is None else f"{photo.features:,}",
            "" if photo.best_matches is None else f"{photo.best_matches:,}",
        )
        for photo in shown
    ]
    print_table(_PHOTO_COLUMNS, rows, console)


def _show_forecast(found: Inspection, console: Console) -> None:
    forecast = found.forecast
    console.print(f"\nForecast, ± {forecast.relative_error:.0%}", style="bold")
    console.print(
        f"  Up to {forecast.gaussians:,} Gaussians in {forecast.steps:,} steps; training on a GPU takes "
        f"{found.gpu_memory_bytes / 2**30:.1f} GiB of its memory",
        soft_wrap=not console.is_terminal,
    )
    console.print()
    rows = [
        (
            name,
            duration(stage.seconds),
            dollars(stage.cost_usd),
            dollars(cost_usd(stage.seconds, stage.spot_usd_per_hour)),
            stage.machine,
        )
        for name, stage in forecast.stages.items()
    ]
    spot = [cost_usd(stage.seconds, stage.spot_usd_per_hour) for stage in forecast.stages.values()]
    whole = None if None in spot else sum(cost for cost in spot if cost is not None)
    rows.append(("all", duration(forecast.seconds()), dollars(forecast.cost_usd()), dollars(whole), ""))
    print_table(_STAGE_COLUMNS, rows, console)
    for sentence in _caveats(forecast):
        console.print(f"  {sentence}", style="dim", soft_wrap=not console.is_terminal)


def _caveats(forecast: Forecast) -> list[str]:
    sentences = []
    if forecast.prices_as_of:
        sentences.append(f"List prices of {forecast.prices_as_of}; starting nodes takes time of its own.")
    if any(stage.machine.startswith("g5.") for stage in forecast.stages.values()):
        sentences.append("Times of an A10G are three times an H200's: they were not measured.")
    return sentences
