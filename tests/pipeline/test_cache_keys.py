"""What Kubeflow keys a stage's result by, read from the compiled packages as its driver resolves inputs.

The driver's key of a task is: its input artifacts' ids, the values of all its input parameters, image,
command and the kinds of its outputs. A parameter that changes between equal runs would make each miss.
"""

import pytest
import yaml

from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS
from pipelines.task_settings.write_package import write_package

LISTED = {"list-capture.fingerprint"}
KEYS = {
    "inspect": (set(), {"list-capture.inspection"}),
    "ingest": (set(), {"capture", "list-capture.ingest_settings"}),
    "sfm": ({"ingest.capture"}, {"list-capture.sfm_settings", "sfm_memory"}),
    "train": ({"sfm.scene"}, {"list-capture.train_settings", "train_memory"}),
    "compress": ({"train.splat"}, {"list-capture.compress_settings"}),
    "evaluate": (
        {"sfm.scene", "train.splat", "compress.sog"},
        {"list-capture.title", "list-capture.evaluate_settings"},
    ),
}
"""Per cached stage: artifacts, and parameters of the pipeline or outputs of other tasks, beside LISTED.

Of `inspect` not beside LISTED: without an inspection its inputs are the same for all captures.
"""
NEVER_IN_A_KEY = {
    "output",
    "list-capture.output",
    *(option.name for option in OPTIONS),
    *(f"{stage}_settings" for stage in STAGE_SETTINGS),
}
"""What list-capture makes of the options and texts is tested with it: the canonical text of each stage."""


class Package:
    def __init__(self, path):
        self.spec = next(yaml.safe_load_all(path.read_text()))
        self.dags = {"root": self.spec["root"]["dag"]["tasks"]}
        for name, component in self.spec["components"].items():
            if "dag" in component:
                self.dags[name] = component["dag"]["tasks"]

    def cached(self):
        """Names of the cached tasks that run a container."""
        return {
            name
            for tasks in self.dags.values()
            for name, task in tasks.items()
            if task.get("cachingOptions", {}).get("enableCache")
            and "executorLabel" in self.spec["components"][task["componentRef"]["name"]]
        }

    def sources(self, stage, kind):
        """Where the values of a task's inputs come from: the pipeline's own parameters, or other tasks."""
        ((dag, task),) = [(dag, tasks[stage]) for dag, tasks in self.dags.items() if stage in tasks]
        inputs = task["inputs"].get(kind, {}).values()
        return set().union(*(self._resolve(dag, each) for each in inputs))

    def _resolve(self, dag, value):
        for output, key in (
            ("taskOutputParameter", "outputParameterKey"),
            ("taskOutputArtifact", "outputArtifactKey"),
        ):
            if output in value:
                return {f"{value[output]['producerTask']}.{value[output][key]}"}
        if "componentInputParameter" not in value:
            assert value.keys() == {"runtimeValue"}
            return set()
        name = value["componentInputParameter"]
        if dag == "root":
            return {name}
        outer, caller = next(
            (outer, task)
            for outer, tasks in self.dags.items()
            for task in tasks.values()
            if task["componentRef"]["name"] == dag
        )
        if name not in caller["inputs"]["parameters"]:
            return {name}  # of a loop
        return self._resolve(outer, caller["inputs"]["parameters"][name])


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return Package(write_package(define_photos_to_sog, tmp_path_factory.mktemp("photos")))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    return Package(write_package(define_inbox_to_sogs, tmp_path_factory.mktemp("inbox")))


@pytest.fixture(params=["photos", "inbox"])
def package(request):
    return request.getfixturevalue(request.param)


def test_these_stages_are_cached_and_no_others(package):
    assert package.cached() == set(KEYS)


@pytest.mark.parametrize("stage", KEYS)
def test_what_a_stage_is_keyed_by(photos, stage):
    artifacts, parameters = KEYS[stage]
    assert photos.sources(stage, "artifacts") == artifacts
    listed = set() if stage == "inspect" else LISTED
    assert photos.sources(stage, "parameters") == listed | parameters


@pytest.mark.parametrize("stage", KEYS)
def test_nothing_of_one_run_alone_is_in_a_key(package, stage):
    sources = package.sources(stage, "parameters")
    assert not sources & NEVER_IN_A_KEY
    assert sources >= (set() if stage == "inspect" else LISTED)


def test_in_an_inbox_the_keys_differ_by_the_captures_address_alone(photos, inbox):
    for stage in KEYS:
        assert inbox.sources(stage, "artifacts") == photos.sources(stage, "artifacts")
        here, there = photos.sources(stage, "parameters"), inbox.sources(stage, "parameters")
        (of_loop,) = there - here or {None}
        assert here - there == ({"capture"} if stage == "ingest" else set())
        assert of_loop == ("pipelinechannel--find-captures-Output-loop-item" if stage == "ingest" else None)


@pytest.mark.parametrize("parameter", sorted(NEVER_IN_A_KEY - {"list-capture.output"}))
def test_parameters_reach_no_cached_stage_but_by_the_text_of_its_own_settings(photos, parameter):
    assert parameter in photos.spec["root"]["inputDefinitions"]["parameters"]
    assert parameter in photos.sources("list-capture", "parameters")
    for stage in KEYS:
        assert parameter not in photos.sources(stage, "parameters")


def test_the_last_tasks_and_the_first_know_the_output(photos):
    assert "output" in photos.sources("list-capture", "parameters")
    assert "list-capture.output" in photos.sources("publish", "parameters")
    assert "output" in photos.dags["root"]["conclude"]["inputs"]["parameters"]
