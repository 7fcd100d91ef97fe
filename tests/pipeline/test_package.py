import inspect
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
from pipelines.cli.commands.demo import demo
from pipelines.cli.commands.inbox import inbox
from pipelines.cli.commands.run import run
from pipelines.cli.commands.schedule import create as create_schedule
from pipelines.cli.commands.submit import submit
from pipelines.inbox_to_sogs.component import find_captures
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES
from pipelines.inbox_to_sogs.pipeline import inbox_to_sogs
from pipelines.photos_to_sog.component import list_capture
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.pipeline import define_photos_to_sog, photos_to_sog
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS
from pipelines.task_settings.write_package import write_package

VERSION = version("kubesplat")

COMPONENTS = [
    (ingest, IngestSettings),
    (sfm, SfmSettings),
    (train, TrainSettings),
    (compress, CompressSettings),
    (evaluate, EvaluateSettings),
    (conclude, PublishSettings),
]
MACHINES = {"sfm_memory", "train_memory"}
STAGES = ("ingest", "sfm", "train", "compress", "evaluate", "publish")
TEXTS = {f"{stage}_settings" for stage in ("inspect", *STAGES)}


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


@pytest.mark.parametrize(("component", "settings"), COMPONENTS, ids=lambda each: getattr(each, "name", ""))
def test_a_component_takes_all_its_settings_as_one_text(component, settings):
    parameters = defaults(component.python_func)
    assert parameters.pop("settings") == ""
    assert not parameters.keys() & settings.settings().keys() - {"title"}


@pytest.mark.parametrize(
    "command", [run, demo, inbox, submit, create_schedule], ids=lambda each: each.__name__
)
def test_commands_have_all_options_and_leave_them_out_when_not_given(command):
    own = INBOX_OPTIONS if command in (inbox, create_schedule) else OPTIONS
    names = {option.name for option in own}
    assert {name: defaults(command)[name] for name in names} == dict.fromkeys(names)
    assert defaults(command)["set_"] is defaults(command)["config"] is None


@pytest.mark.parametrize(
    ("pipeline", "options", "stages"),
    [(photos_to_sog, OPTIONS, STAGE_SETTINGS), (inbox_to_sogs, INBOX_OPTIONS, INBOX_STAGES)],
    ids=["photos", "inbox"],
)
def test_a_pipeline_has_all_options_with_the_defaults_of_their_stages(pipeline, options, stages):
    parameters = defaults(pipeline.pipeline_func)
    texts = {f"{stage}_settings" for stage in stages}
    assert {name: parameters.pop(name) for name in texts} == dict.fromkeys(texts, "")
    assert {name for name in parameters if name in MACHINES | {"output"}} == MACHINES | {"output"}
    known = {
        option.name: stages[setting.stage].model_fields[setting.name].default or 0
        for option in options
        for setting in option.settings
    }
    assert {name: parameters[name] for name in parameters.keys() - MACHINES - {"output"}} == known


def test_the_options_that_were_documented_are_still_there():
    documented = {
        "inspect": False,
        "preset": "fast",
        "max_gaussians": 0,
        "steps": 0,
        "image_max_side_px": 0,
        "min_points": 1000,
        "min_registered_fraction": 0.5,
        "max_psnr_drop_db": 1.0,
        "formats": "sog",
        "seed": 0,
        "budget_usd": 0.0,
        "cpu_usd_per_hour": 0.0,
        "gpu_usd_per_hour": 0.0,
    }
    assert documented.items() <= defaults(photos_to_sog.pipeline_func).items()
    assert documented.items() <= defaults(inbox_to_sogs.pipeline_func).items()


@pytest.mark.parametrize("option", INBOX_OPTIONS, ids=lambda option: option.name)
def test_options_are_numbers_or_choices_or_parameters_of_the_first_task(option):
    """Kubeflow's launcher puts their values into the text `options` unescaped: a quote would break it."""
    if option.is_text:
        for task in (list_capture, find_captures):
            assert option.name in task.component_spec.inputs
        return
    assert option.kind in (bool, int, float) or option.settings[0].choices


@pytest.mark.parametrize(
    ("first", "pipeline", "options", "stages"),
    [
        ("list-capture", photos_to_sog, OPTIONS, STAGE_SETTINGS),
        ("find-captures", inbox_to_sogs, INBOX_OPTIONS, INBOX_STAGES),
    ],
    ids=["photos", "inbox"],
)
def test_the_first_task_gets_every_option_and_every_text(first, pipeline, options, stages):
    dags = [
        pipeline.pipeline_spec.root.dag,
        *(each.dag for each in pipeline.pipeline_spec.components.values()),
    ]
    (task,) = (dag.tasks[first] for dag in dags if first in dag.tasks)
    inputs = task.inputs.parameters
    short = [each for each in options if not each.is_text]
    placeholders = (f"{{{{$.inputs.parameters['pipelinechannel--{each.name}']}}}}" for each in short)
    text = ",".join(f"{each.name}={value}" for each, value in zip(short, placeholders, strict=True))
    assert inputs["options"].runtime_value.constant.string_value == text
    for option in options:
        if option.is_text:
            assert inputs[option.name].component_input_parameter == f"pipelinechannel--{option.name}"
            continue
        assert inputs[f"pipelinechannel--{option.name}"].component_input_parameter.endswith(option.name)
    for stage in stages:
        assert inputs[f"{stage}_settings"].component_input_parameter == f"pipelinechannel--{stage}_settings"


def test_the_examples_in_the_descriptions_are_settings():
    for parameters, stages in ((photos_to_sog, STAGE_SETTINGS), (inbox_to_sogs, INBOX_STAGES)):
        for stage, kind in stages.items():
            text = parameters.component_spec.inputs[f"{stage}_settings"].description
            example = text.partition("such as ")[2].partition(";")[0]
            assert kind.from_text(example).changed(), text


def test_the_package_asks_for_a_capture_and_nothing_else(package):
    parameters = package["root"]["inputDefinitions"]["parameters"]
    required = {name for name, each in parameters.items() if not each.get("isOptional")}
    assert required == {"capture"}
    options = {option.name for option in OPTIONS}
    assert set(parameters) == required | {"output"} | options | TEXTS | MACHINES
    assert all(each["description"] for each in parameters.values())


def test_stages_follow_each_other(tasks):
    needs = {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()}
    assert needs == {
        "list-capture": set(),
        "inspect": {"list-capture"},
        "ingest": {"list-capture", "inspect"},
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
        "inspect": f"kubesplat/cpu:{VERSION}",
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
