"""One capture to one scene: the pipeline that a cluster and a single machine run alike."""

from kfp import dsl

from components.compress.component import compress
from components.evaluate.component import evaluate
from components.ingest.component import ingest
from components.publish.component import conclude, publish
from components.sfm.component import sfm
from components.train.component import train


@dsl.pipeline(
    name="photos-to-sog",
    display_name="Photos to SOG",
    description="Photos in, a web-ready 3D scene out: structure from motion, Gaussian splatting, SOG.",
)
def photos_to_sog(
    capture: str,
    output: str,
    max_gaussians: int = 0,
    steps: int = 0,
    image_max_side_px: int = 0,
    min_points: int = 1000,
    min_registered_fraction: float = 0.5,
    max_psnr_drop_db: float = 1.0,
    seed: int = 0,
    cpu_usd_per_hour: float = 0.0,
    gpu_usd_per_hour: float = 0.0,
) -> None:
    """Photos in, a web-ready 3D scene out.

    Args:
        capture: The photos: s3://bucket/prefix/, an archive s3://bucket/photos.zip, or a folder.
        output: Where the results go: s3://bucket/prefix or a folder.
        max_gaussians: At most so many Gaussians; more show finer detail. 0: automatic.
        steps: Training steps. 0: automatic.
        image_max_side_px: Train on photos shrunk to this size. 0: automatic.
        min_points: Fail if structure from motion finds fewer points.
        min_registered_fraction: Fail if a smaller part of the photos finds its place.
        max_psnr_drop_db: Fail if compression costs more quality than this.
        seed: Start of all random choices.
        cpu_usd_per_hour: Price of a machine of the CPU pool, for the cost ledger. 0: unknown.
        gpu_usd_per_hour: Price of a machine of the GPU pool, for the cost ledger. 0: unknown.
    """
    last_word = conclude(output=output, cpu_usd_per_hour=cpu_usd_per_hour, gpu_usd_per_hour=gpu_usd_per_hour)
    with dsl.ExitHandler(last_word, name="photos to SOG"):
        # What lies at an address may change: a capture is always read anew.
        ingested = ingest(source=capture, output=output).set_caching_options(False)
        posed = sfm(
            capture=ingested.outputs["capture"],
            output=output,
            min_points=min_points,
            min_registered_fraction=min_registered_fraction,
            seed=seed,
        )
        trained = train(
            scene=posed.outputs["scene"],
            output=output,
            max_gaussians=max_gaussians,
            steps=steps,
            image_max_side_px=image_max_side_px,
            seed=seed,
        )
        compressed = compress(splat=trained.outputs["splat"], output=output, seed=seed)
        evaluated = evaluate(
            scene=posed.outputs["scene"],
            splat=trained.outputs["splat"],
            sog=compressed.outputs["sog"],
            output=output,
            max_psnr_drop_db=max_psnr_drop_db,
        )
        published = publish(
            scene=posed.outputs["scene"],
            splat=trained.outputs["splat"],
            sog=compressed.outputs["sog"],
            report=evaluated.outputs["report"],
            presentation=evaluated.outputs["presentation"],
            output=output,
        ).set_caching_options(False)

    last_word.set_caching_options(False)
    # numba brings its own threads; torch's would only compete with them.
    trained.set_env_variable("OMP_NUM_THREADS", "1")
    for task in (ingested, posed, trained, compressed, evaluated, published):
        task.set_retry(num_retries=2, backoff_duration="30s", backoff_factor=2)
