"""A pipeline with the shape of the real one and stages that take no time: for testing what runs it."""

from kfp import dsl

from components.publish.component import conclude
from pipelines.inbox_to_sogs.component import find_captures, sum_up
from pipelines.photos_to_sog.component import list_capture

IMAGE = "stub"


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def ingest(capture: dsl.Output[dsl.Dataset], source: str, fingerprint: str) -> None:
    from pathlib import Path

    from components.shared.artifacts import deliver_output
    from components.shared.errors import InputError
    from components.shared.run_folder import find_output
    from components.shared.stage import run_stage

    with run_stage("ingest", output=find_output("ingest", fingerprint, capture)) as record:
        photos = sorted(Path(source).glob("*.jpg"))
        record.figures = {"images": len(photos), "accepted": len(photos), "rejected": []}
        if len(photos) < 3:
            raise InputError(f"{len(photos)} photos; at least 3 are needed", remedy="Take more photos.")
        Path(capture.path).write_text("\n".join(photo.name for photo in photos))
        deliver_output(capture)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def sfm(
    capture: dsl.Input[dsl.Dataset],
    scene: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    fingerprint: str,
) -> None:
    from pathlib import Path

    from components.shared.artifacts import deliver_output, fetch_input, log_metrics
    from components.shared.progress import Progress, reporter
    from components.shared.run_folder import find_output
    from components.shared.stage import run_stage

    with run_stage("sfm", output=find_output("sfm", fingerprint, scene)) as record:
        names = fetch_input(capture).read_text().split()
        reporter("sfm")(Progress("match images", 0.5, f"{len(names)} photos"))
        record.figures = {"registered": len(names)}
        log_metrics(metrics, {"registered": len(names), "points": None})
        Path(scene.path).write_text("scene of " + ", ".join(names))
        deliver_output(scene)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train(scene: dsl.Input[dsl.Dataset], splat: dsl.Output[dsl.Model], fingerprint: str) -> None:
    import os
    import signal
    import time
    from pathlib import Path

    from components.shared.artifacts import deliver_output, fetch_input
    from components.shared.errors import StorageError
    from components.shared.run_folder import find_output
    from components.shared.stage import run_stage

    output = find_output("train", fingerprint, splat)
    with run_stage("train", output=output) as record:
        content = fetch_input(scene).read_text()
        trouble = {"killed.jpg", "slow.jpg", "flaky.jpg"} & set(content.replace(",", "").split())
        if trouble and not Path(output, "train.pid").exists():  # at the first try only
            Path(output, "train.pid").write_text(str(os.getpid()))
            if "killed.jpg" in trouble:
                os.kill(os.getpid(), signal.SIGKILL)
            if "slow.jpg" in trouble:
                time.sleep(60)
            raise StorageError("the store was away", remedy="Run again.")
        record.figures = {"gaussians": len(content)}
        Path(splat.path).write_text(content)
        deliver_output(splat)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def publish(splat: dsl.Input[dsl.Model], output: str) -> None:
    from components.shared.artifacts import fetch_input
    from components.shared.stage import run_stage
    from components.shared.storage import open_storage

    with run_stage("publish", output=output) as record:
        print("splat.uri", splat.uri)
        open_storage(output).put_file(fetch_input(splat), "scene.sog")
        record.figures = {"files": {"scene.sog": 1}}


@dsl.pipeline(name="stub")
def stub(capture: str, output: str):
    with dsl.ExitHandler(conclude(capture=capture, output=output, settings="cpu_usd_per_hour=900")):
        listed = list_capture(capture=capture, output=output).set_caching_options(False)
        fingerprint = listed.outputs["fingerprint"]
        ingested = ingest(source=capture, fingerprint=fingerprint)
        posed = sfm(capture=ingested.outputs["capture"], fingerprint=fingerprint)
        trained = train(scene=posed.outputs["scene"], fingerprint=fingerprint)
        publish(splat=trained.outputs["splat"], output=listed.outputs["output"])


@dsl.pipeline(name="stub-inbox")
def stub_inbox(inbox: str, output: str):
    with dsl.ExitHandler(sum_up(inbox=inbox, output=output)):
        found = find_captures(inbox=inbox, output=output, options="quiet_minutes=0").set_caching_options(
            False
        )
        with dsl.ParallelFor(found.output) as each:
            stub(capture=each.capture, output=each.output)
