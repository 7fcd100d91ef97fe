"""A pipeline with the shape of the real one and stages that take no time: for testing what runs it."""

from kfp import dsl

from components.publish.component import conclude

IMAGE = "stub"


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def ingest(capture: dsl.Output[dsl.Dataset], source: str, output: str) -> None:
    from pathlib import Path

    from components.shared.artifacts import deliver_output
    from components.shared.errors import InputError
    from components.shared.stage import run_stage

    with run_stage("ingest", output=output) as record:
        photos = sorted(Path(source).glob("*.jpg"))
        record.figures = {"images": len(photos), "accepted": len(photos), "rejected": []}
        if len(photos) < 3:
            raise InputError(f"{len(photos)} photos; at least 3 are needed", remedy="Take more photos.")
        Path(capture.path).write_text("\n".join(photo.name for photo in photos))
        deliver_output(capture)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def sfm(capture: dsl.Input[dsl.Dataset], scene: dsl.Output[dsl.Dataset], output: str) -> None:
    import os
    import signal
    import time
    from pathlib import Path

    from components.shared.artifacts import deliver_output, fetch_input
    from components.shared.progress import Progress, reporter
    from components.shared.stage import run_stage

    with run_stage("sfm", output=output) as record:
        names = fetch_input(capture).read_text().split()
        reporter("sfm")(Progress("match images", 0.5, f"{len(names)} photos"))
        record.figures = {"registered": len(names)}
        if "killed.jpg" in names:
            os.kill(os.getpid(), signal.SIGKILL)
        if "slow.jpg" in names:
            Path(output, "sfm.pid").write_text(str(os.getpid()))
            time.sleep(60)
        Path(scene.path).write_text("scene of " + ", ".join(names))
        deliver_output(scene)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def publish(scene: dsl.Input[dsl.Dataset], output: str) -> None:
    from components.shared.artifacts import fetch_input
    from components.shared.stage import run_stage
    from components.shared.storage import open_storage

    with run_stage("publish", output=output) as record:
        print("scene.uri", scene.uri)
        open_storage(output).put_file(fetch_input(scene), "scene.sog")
        record.figures = {"files": {"scene.sog": 1}}


@dsl.pipeline(name="stub")
def stub(capture: str, output: str):
    with dsl.ExitHandler(conclude(output=output, cpu_usd_per_hour=3600.0 / 4)):
        ingested = ingest(source=capture, output=output)
        posed = sfm(capture=ingested.outputs["capture"], output=output)
        publish(scene=posed.outputs["scene"], output=output)
