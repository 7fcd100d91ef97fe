import inspect
from dataclasses import MISSING, fields
from importlib.metadata import version

import pytest
import yaml
from kfp import dsl

from components.compress.component import compress
from components.compress.settings import CompressSettings
from components.evaluate.component import evaluate
from components.evaluate.settings import EvaluateSettings
from components.ingest.component import ingest
from components.ingest.settings import IngestSettings
from components.publish.component import conclude
from components.publish.settings import PublishSettings
from components.sfm.component import sfm
from components.sfm.settings import SfmSettings
from components.train.component import train
from components.train.settings import TrainSettings
from pipelines.cli.commands.inbox import inbox
from pipelines.cli.commands.run import run
from pipelines.cli.commands.submit import submit
from pipelines.cli.options import DIALS
from pipelines.inbox_to_sogs.component import find_captures
from pipelines.inbox_to_sogs.pipeline import inbox_to_sogs
from pipelines.photos_to_sog.component import list_capture
from pipelines.photos_to_sog.pipeline import define_photos_to_sog, photos_to_sog
from pipelines.task_settings.write_package import write_package

VERSION = version("kubesplat")

FACES = [
    (ingest, IngestSettings),
    (sfm, SfmSettings),
    (train, TrainSettings),
    (compress, CompressSettings),
    (evaluate, EvaluateSettings),
    (conclude, PublishSettings),
]
MACHINES = {"sfm_memory", "train_memory"}
STAGES = ("ingest", "sfm", "train", "compress", "evaluate", "publish")
TEXTS = {f"{stage}_settings" for stage in STAGES}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    path = write_package(define_photos_to_sog, tmp_path_factory.mktemp("packages"))
    return next(document for document in yaml.safe_load_all(path.read_text()) if "pipelineInfo" in document)


@pytest.fixture(scope="module")
def tasks(package):
    (inner,) = (component for component in package["components"].values() if "dag" in component)
    return inner["dag"]["tasks"]


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}


@pytest.mark.parametrize(("face", "settings"), FACES, ids=lambda each: getattr(each, "name", ""))
def test_a_face_has_the_defaults_of_its_settings(face, settings):
    known = {field.name: field.default for field in fields(settings) if field.default is not MISSING}
    for name, default in defaults(face.python_func).items():
        if name == "settings":
            assert default == ""
            continue
        assert name in known, f"{face.name} has {name}, {settings.__name__} has not"
        assert default == known[name] or (not default and known[name] is None), name


@pytest.mark.parametrize(
    "command", [run, inbox, submit, photos_to_sog.pipeline_func, inbox_to_sogs.pipeline_func]
)
def test_commands_and_pipelines_have_the_same_dials_and_defaults(command):
    assert DIALS.items() <= defaults(command).items()


def test_every_dial_has_the_default_of_its_stage():
    pipeline = defaults(photos_to_sog.pipeline_func)
    stages = {name: value for face, _ in FACES for name, value in defaults(face.python_func).items()}
    dials = set(pipeline) - {"output"} - MACHINES - TEXTS
    assert {name: pipeline[name] for name in dials} == {name: stages[name] for name in dials}
    assert {pipeline[name] for name in TEXTS} == {""}


@pytest.mark.parametrize("first", [list_capture, find_captures], ids=lambda each: each.name)
def test_the_first_task_checks_every_parameter_with_the_pipelines_defaults(first):
    pipeline = inbox_to_sogs if first is find_captures else photos_to_sog
    known = defaults(pipeline.pipeline_func)
    checked = defaults(first.python_func)
    checked.pop("reuse_days", None)
    assert checked == {name: value for name, value in known.items() if name not in MACHINES}


def test_the_package_asks_for_a_capture_and_nothing_else(package):
    parameters = package["root"]["inputDefinitions"]["parameters"]
    required = {name for name, each in parameters.items() if not each.get("isOptional")}
    assert required == {"capture"}
    prices = {"cpu_usd_per_hour", "gpu_usd_per_hour"}
    assert set(parameters) == required | {"output"} | set(DIALS) | TEXTS | MACHINES | prices
    assert all(each["description"] for each in parameters.values())


def test_stages_follow_each_other(tasks):
    needs = {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()}
    assert needs == {
        "list-capture": set(),
        "ingest": {"list-capture"},
        "sfm": {"list-capture", "ingest"},
        "train": {"list-capture", "sfm"},
        "compress": {"list-capture", "train"},
        "evaluate": {"list-capture", "sfm", "train", "compress"},
        "publish": {"list-capture", "sfm", "train", "compress", "evaluate"},
    }


def test_the_last_word_is_spoken_whatever_happened(package):
    task = package["root"]["dag"]["tasks"]["conclude"]
    assert task["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert "taskFinalStatus" in task["inputs"]["parameters"]["pipeline_status"]


def test_images_are_ours_and_nothing_is_installed_at_run_time(package):
    containers = {
        name: executor["container"] for name, executor in package["deploymentSpec"]["executors"].items()
    }
    images = {name.removeprefix("exec-"): container["image"] for name, container in containers.items()}
    assert images == {
        "list-capture": f"kubesplat/cpu:{VERSION}",
        "ingest": f"kubesplat/cpu:{VERSION}",
        "sfm": f"kubesplat/cpu:{VERSION}",
        "train": f"kubesplat/gpu:{VERSION}",
        "compress": f"kubesplat/gpu:{VERSION}",
        "evaluate": f"kubesplat/cpu:{VERSION}",
        "publish": f"kubesplat/cpu:{VERSION}",
        "conclude": f"kubesplat/cpu:{VERSION}",
    }
    assert "pip install" not in str(containers)


def test_the_package_is_one_that_kubeflow_loads(tmp_path):
    from kfp import components

    package = write_package(define_photos_to_sog, tmp_path)
    assert isinstance(components.load_component_from_file(str(package)), dsl.base_component.BaseComponent)
