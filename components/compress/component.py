"""KFP component of compression."""

from kfp import dsl

from components.shared.container_images import gpu_image


@dsl.component(base_image=gpu_image(), install_kfp_package=False)
def compress(
    splat: dsl.Input[dsl.Model],
    sog: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
    settings: str = "",
) -> None:
    """Write trained Gaussians as a .sog, a twentieth of the size of their .ply.

    `settings` are those of `components/compress/settings.py`, as in `max_palette_entries=4096`.
    """
    import tempfile
    from pathlib import Path

    from components.shared.archive import unpack
    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.progress import reporter
    from components.shared.run_folder import find_output
    from components.shared.run_layout import SPLAT_PLY
    from components.shared.stage import run_stage

    output = find_output("compress", fingerprint, sog)
    with run_stage("compress", output=output) as record, tempfile.TemporaryDirectory() as folder:
        # Imported here: a try that is killed while torch is loaded counts as a try.
        from components.compress.settings import CompressSettings
        from components.compress.write_sog import write_sog
        from components.shared.ply.read_ply import read_ply

        chosen = CompressSettings.from_text(settings)
        record.settings = chosen.resolved()
        unpack(fetch_input(splat), Path(folder))
        splats = read_ply(Path(folder, SPLAT_PLY))
        result = write_sog(splats, Path(sog.path), chosen, reporter("compress"))
        record.figures = result.figures()
        record.versions = result.versions
        log_metrics(metrics, result.metrics())
        deliver_output(sog)
