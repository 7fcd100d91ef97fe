"""Summary of a run: its measurements and its files."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from components.shared import run_layout
from components.shared.contracts.report import Report
from components.shared.progress import duration
from components.shared.scene_files.exports import export_name

_FILES = {
    run_layout.VIEWER: "the scene in your browser, offline",
    run_layout.REPORT_PAGE: "quality of each photo",
    run_layout.SCENE_SOG: "the scene for the web",
    run_layout.SCENE_PLY: "the scene for other tools",
    run_layout.FLYTHROUGH: "video along the camera path",
}


def show_summary(report: Report, output: str, console: Console) -> None:
    console.print()
    console.print(Text.assemble(("✓ ", "bold green"), (_headline(report), "bold")))
    for sentence in (
        *_expected(report),
        _photos(report),
        _place(report),
        _clean_up(report),
        _quality(report),
        _size(report),
    ):
        if sentence:
            console.print(f"  {sentence}", markup=False, soft_wrap=True)
    show_notes(report, console)
    console.print()
    _show_files(report, output, console)


def show_notes(report: Report, console: Console) -> None:
    """Print what the photographer should know of the capture, a line each; nothing without anything."""
    sentences = report.capture.sentences()
    if sentences:
        console.print()
        console.print("About the capture", style="bold")
    for sentence in sentences:
        console.print(f"  • {sentence}", markup=False, soft_wrap=not console.is_terminal)


def _headline(report: Report) -> str:
    gaussians, seconds = report.gaussians, report.totals.seconds
    scene = f"Scene of {gaussians:,} Gaussians" if gaussians else "The scene is done"
    return f"{scene} in {duration(seconds)}" if seconds else scene


def _expected(report: Report) -> list[str]:
    """What an inspection expected of the photos; its forecast is history by now."""
    return [sentence.rstrip(".") for sentence in report.inspection.sentences()[:1]]


def _photos(report: Report) -> str:
    sfm = report.sfm
    if sfm.registered is None:
        return ""
    parts = [f"{sfm.registered} of {report.capture.images or '?'} photos registered"]
    if sfm.points is not None:
        parts.append(f"{sfm.points:,} points")
    if sfm.reprojection_error_px is not None:
        parts.append(f"{sfm.reprojection_error_px:.2f} px reprojection error")
    return ", ".join(parts)


def _place(report: Report) -> str:
    """Where the scene is, and what its unit is; empty where that is not known."""
    return report.sfm.georeference.sentence() if report.sfm.georeference else ""


def _clean_up(report: Report) -> str:
    """What was removed at the end of training; empty where nothing was found."""
    words = report.train.clean_up.sentence() if report.train.clean_up else ""
    return f"Clean-up {words}" if words else ""


def _quality(report: Report) -> str:
    """Quality of the delivered .sog on the held-out photos."""
    delivered = report.delivered
    if delivered.psnr_db is None:
        return ""
    parts = [f"PSNR {delivered.psnr_db:.2f} dB on held-out photos"]
    if delivered.ssim is not None:
        parts.append(f"SSIM {delivered.ssim:.3f}")
    drop = delivered.psnr_drop_db
    if drop is not None:
        parts.append(f"{drop:.2f} dB lost to compression" if drop >= 0.005 else "no loss by compression")
    return ", ".join(parts)


def _size(report: Report) -> str:
    compress = report.compress
    if compress.bytes is None or compress.ratio is None:
        return ""
    return f"{_bytes(compress.bytes)}, {compress.ratio:.1f} times smaller than the .ply"


def _show_files(report: Report, output: str, console: Console) -> None:
    exports = {
        export_name(name): f"{name}, {_bytes(size)}" for name, size in (report.compress.exports or {}).items()
    }
    addresses = {f"{output.rstrip('/')}/{name}": content for name, content in {**_FILES, **exports}.items()}
    width = max(map(len, addresses))
    for address, content in addresses.items():
        console.print(Text.assemble(f"  {address:<{width}}  ", (content, "dim")), soft_wrap=True)
    for name, reason in (report.compress.exports_left_out or {}).items():
        console.print(f"  No {name}: {reason}", markup=False, soft_wrap=True)


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
