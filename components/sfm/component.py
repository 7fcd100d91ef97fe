"""The KFP component of structure from motion."""

from kfp import dsl

from components.shared.container_images import cpu_image


@dsl.component(base_image=cpu_image(), install_kfp_package=False)
def sfm(
    capture: dsl.Input[dsl.Dataset],
    scene: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    settings: str = "",
) -> None:
    """Estimate camera poses and points; fail with the cause if a gate is not met.

    `settings` are those of `components/sfm/settings.py`, as in `max_features=4096,max_image_px=1200`.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from components.sfm.reconstruct import reconstruct
    from components.sfm.settings import SfmSettings
    from components.shared.archive import pack, unpack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.run_layout import PRIVATE_FOLDER
    from components.shared.stage import run_stage
    from components.shared.storage import join
    from components.shared.versions import installed_versions

    output = find_output("sfm", fingerprint, scene)
    with run_stage("sfm", output=output) as record:
        chosen = SfmSettings.from_text(settings)
        record.settings = chosen.resolved()
        record.versions = installed_versions("kubesplat", "numpy", "pillow", "pycolmap", "pycolmap-cuda12")
        with TemporaryDirectory(prefix="kubesplat-sfm-") as name:
            capture_folder, scene_folder = Path(name, "capture"), Path(name, "scene")
            unpack(fetch_input(capture), capture_folder)
            snapshots = join(output, PRIVATE_FOLDER)
            info = reconstruct(capture_folder, scene_folder, chosen, reporter("sfm"), snapshots)
            pack(scene_folder, Path(scene.path))
        deliver_output(scene)
        record.figures = info.figures()
        log_metrics(metrics, info.metrics())
