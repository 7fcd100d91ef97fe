"""KFP component of compression."""

from kfp import dsl

from components.shared.container_images import gpu_image


@dsl.component(base_image=gpu_image(), install_kfp_package=False)
def compress(
    splat: dsl.Input[dsl.Model],
    sog: dsl.Output[dsl.Model],
    exports: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    settings: str = "",
) -> None:
    """Write trained Gaussians as a .sog, a twentieth of the size of their .ply, and in other formats.

    `settings` are those of `components/compress/settings.py`, as in `max_palette_entries=4096`.
    """
    import tempfile
    from pathlib import Path

    from components.shared.archive import pack, unpack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.contracts.scene import SCENE_FILE, SceneInfo
    from components.shared.progress import reporter, within
    from components.shared.run_folder import find_output
    from components.shared.run_layout import SPLAT_PLY
    from components.shared.stage import run_stage

    output = find_output("compress", fingerprint, sog)
    with run_stage("compress", output=output) as record, tempfile.TemporaryDirectory() as folder:
        # Imported here: a try that is killed while torch is loaded counts as a try.
        from components.compress.cuda import load_in_background
        from components.compress.settings import CompressSettings
        from components.compress.write_exports import write_exports
        from components.compress.write_sog import write_sog
        from components.shared.held_out_photos import read_held_out
        from components.shared.ply.read_ply import read_ply
        from components.shared.training_cameras import CAMERAS_FILE, read_cameras

        chosen = CompressSettings.from_text(settings)
        record.settings = chosen.resolved()
        trained, further = Path(folder, "splat"), Path(folder, "exports")
        unpack(fetch_input(splat), trained)
        cameras = read_cameras(trained / CAMERAS_FILE)
        if cameras:
            load_in_background(chosen.device)
        splats, report = read_ply(trained / SPLAT_PLY), reporter("compress")
        result = write_sog(
            splats,
            Path(sog.path),
            chosen,
            within(report, 0.0, 0.8),
            cameras=cameras,
            held_out=read_held_out(trained / CAMERAS_FILE) if chosen.max_psnr_drop is not None else (),
        )
        world = SceneInfo.read(trained / SCENE_FILE).world if (trained / SCENE_FILE).exists() else None
        written = write_exports(splats, further, chosen, within(report, 0.8, 1.0), world=world)
        record.figures = result.figures().replace(exports=written.bytes, exports_left_out=written.left_out)
        record.versions = result.versions
        log_metrics(metrics, result.metrics())
        pack(further, Path(exports.path))
        deliver_output(sog)
        deliver_output(exports)
