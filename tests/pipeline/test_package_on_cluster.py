"""The compiled packages, read as Kubeflow's driver reads them."""

import re
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from components.shared.container_images import cpu_image, gpu_image, sfm_gpu_image
from components.shared.errors import InputError
from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.task_settings import defaults
from pipelines.task_settings.defaults import TASKS, PipelineSettings
from pipelines.task_settings.read import read_settings
from pipelines.task_settings.settings import ClusterSettings
from pipelines.task_settings.write_package import write_package

VERSION = version("kubesplat")

STAGES = ("list-capture", "inspect", "ingest", "sfm", "train", "compress", "evaluate", "publish", "conclude")
GPU_TASKS = ("train", "compress")
UNCACHED = {"list-capture", "publish", "conclude", "find-captures", "sum-up"}
MEMORY_PARAMETERS = {"sfm": "sfm_memory", "train": "train_memory"}
LIMITS = {
    "list-capture": ("0.5", "1Gi", 0.25, "1Gi", 2),
    "inspect": ("2", "4Gi", 2, "100Gi", 2),
    "ingest": ("2", "4Gi", 2, "100Gi", 2),
    "sfm": ("7", None, 8, "50Gi", 2),
    "train": ("3", None, 6, "50Gi", 5),
    "compress": ("3", "12Gi", 1, "20Gi", 2),
    "evaluate": ("4", "8Gi", 2, "50Gi", 2),
    "publish": ("1", "2Gi", 1, "50Gi", 2),
    "conclude": ("0.5", "1Gi", 0.25, "1Gi", 2),
    "find-captures": ("0.5", "1Gi", 0.5, "1Gi", 2),
    "sum-up": ("0.5", "1Gi", 0.5, "1Gi", 2),
}
"""CPUs, memory, hours, /tmp, retries."""
ALL = [("photos", stage) for stage in STAGES] + [
    ("inbox", stage) for stage in (*STAGES, "find-captures", "sum-up")
]


class Package:
    def __init__(self, path):
        self.text = path.read_text()
        self.spec, platform = yaml.safe_load_all(self.text)
        self.platform = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        self.components = self.spec["components"]

    def container(self, stage):
        return self.spec["deploymentSpec"]["executors"][f"exec-{stage}"]["container"]

    def on_kubernetes(self, stage):
        return self.platform[f"exec-{stage}"]

    def task(self, stage):
        dags = [self.spec["root"], *(each for each in self.components.values() if "dag" in each)]
        (task,) = (dag["dag"]["tasks"][stage] for dag in dags if stage in dag["dag"]["tasks"])
        return task


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    return {
        "photos": Package(write_package(define_photos_to_sog, folder)),
        "inbox": Package(write_package(define_inbox_to_sogs, folder)),
    }


@pytest.fixture(params=ALL, ids="/".join)
def placed(packages, request):
    package, stage = request.param
    return packages[package], stage


def test_each_package_has_these_tasks_and_no_others(packages):
    for name, package in packages.items():
        assert {f"exec-{stage}" for of, stage in ALL if of == name} == set(package.platform)


def test_image_and_resources(placed):
    package, stage = placed
    container = package.container(stage)
    resources = container["resources"]
    assert container["image"] == (gpu_image() if stage in GPU_TASKS else cpu_image())
    cpus, memory, *_ = LIMITS[stage]
    assert resources["resourceCpuRequest"] == resources["resourceCpuLimit"] == cpus
    if memory is None:
        memory = f"{{{{$.inputs.parameters['pipelinechannel--{MEMORY_PARAMETERS[stage]}']}}}}"
    assert resources["resourceMemoryRequest"] == resources["resourceMemoryLimit"] == memory
    gpu = resources.get("accelerator", {})
    expected = ("nvidia.com/gpu", "1") if stage in GPU_TASKS else (None, None)
    assert (gpu.get("resourceType"), gpu.get("resourceCount")) == expected


def test_memory_parameters_reach_their_tasks(packages):
    """Also through the exit handler and the loop, which hand on only what they know of."""
    for package in packages.values():
        for stage, parameter in MEMORY_PARAMETERS.items():
            channel = f"pipelinechannel--{parameter}"
            assert channel in package.task(stage)["inputs"]["parameters"]
            groups = [
                each["inputDefinitions"]["parameters"]
                for each in package.components.values()
                if stage in each.get("dag", {}).get("tasks", {})
            ]
            assert all(channel in known for known in groups)
            assert groups


def test_an_a10g_and_only_that_for_what_needs_a_gpu(placed):
    package, stage = placed
    kubernetes = package.on_kubernetes(stage)
    if stage not in GPU_TASKS:
        (term,) = kubernetes["nodeAffinity"]
        assert term["matchExpressions"] == [{"key": "kubesplat/pool", "operator": "In", "values": ["cpu"]}]
        assert term["weight"] == 100
        assert "tolerations" not in kubernetes
        return
    instances = {
        "key": "node.kubernetes.io/instance-type",
        "operator": "In",
        "values": ["g5.xlarge", "g5.2xlarge", "g5.4xlarge"],
    }
    product = {"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-A10G"]}
    # Terms of their own: one of them must hold, and no weight makes them a mere wish.
    assert kubernetes["nodeAffinity"] == [{"matchExpressions": [instances]}, {"matchExpressions": [product]}]
    tolerated = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert kubernetes["tolerations"] == [tolerated]


def test_disks(placed):
    package, stage = placed
    volumes = {each["mountPath"]: each for each in package.on_kubernetes(stage)["emptyDirMounts"]}
    assert volumes["/tmp"] == {"volumeName": "scratch", "mountPath": "/tmp", "sizeLimit": LIMITS[stage][3]}
    shared = {"train": "2Gi", "compress": "1Gi"}.get(stage)
    if shared is None:
        assert list(volumes) == ["/tmp"]
    else:
        assert volumes["/dev/shm"]["medium"] == "Memory"
        assert volumes["/dev/shm"]["sizeLimit"] == shared


def test_time_and_tries(placed):
    package, stage = placed
    *_, hours, _, retries = LIMITS[stage]
    assert int(package.on_kubernetes(stage)["activeDeadlineSeconds"]) == hours * 3600
    policy = package.task(stage)["retryPolicy"]
    assert policy["maxRetryCount"] == retries
    assert policy["backoffDuration"] == ("60s" if stage == "train" else "30s")
    assert policy["backoffFactor"] == 2.0
    # Argo ends what still runs this long after the first try began.
    assert int(policy["backoffMaxDuration"].removesuffix("s")) > (retries + 1) * hours * 3600


def test_caching(placed):
    package, stage = placed
    cached = package.task(stage).get("cachingOptions", {}).get("enableCache", False)
    assert cached == (stage not in UNCACHED)


def test_labels_and_environment(placed):
    package, stage = placed
    kubernetes = package.on_kubernetes(stage)
    labels = kubernetes["podMetadata"]["labels"]
    assert labels["app.kubernetes.io/part-of"] == "kubesplat"
    assert labels["kubesplat/stage"] == ("inbox" if stage in ("find-captures", "sum-up") else stage)
    secret, *for_notifications = kubernetes["secretAsEnv"]
    assert (secret["secretName"], secret["optional"]) == ("kubesplat-s3", True)
    assert {each["envVar"] for each in secret["keyToEnv"]} == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    secrets = [(each["secretName"], each["optional"]) for each in for_notifications]
    notifies = stage in ("conclude", "find-captures", "sum-up")
    assert secrets == ([("kubesplat-notify", True)] if notifies else [])
    shared, *for_links = kubernetes["configMapAsEnv"]
    assert [each["configMapName"] for each in for_links] == (["kubesplat-environment"] if notifies else [])
    assert (shared["configMapName"], shared["optional"]) == ("kubesplat-environment", True)
    names = {each["envVar"] for each in shared["keyToEnv"]}
    assert names == {"AWS_ENDPOINT_URL", "AWS_REGION", "KUBESPLAT_PUSHGATEWAY"}
    run = {"name": "KUBESPLAT_RUN", "fieldPath": "metadata.labels['pipeline/runid']"}
    node = {"name": "KUBESPLAT_NODE", "fieldPath": "spec.nodeName"}
    assert kubernetes["fieldPathAsEnv"] == ([run, node] if stage in GPU_TASKS else [run])
    own = {each["name"]: each["value"] for each in package.container(stage)["env"]}
    expected = {"KUBESPLAT_MOST_TRIES": "16"}
    if stage in GPU_TASKS:
        expected["KUBESPLAT_GPUS"] = "1"
    if stage == "train":
        expected |= {"OMP_NUM_THREADS": "1", "KUBESPLAT_METRICS_PORT": "8000"}
    assert own == expected


def test_nobody_is_root(placed):
    package, stage = placed
    context = package.on_kubernetes(stage)["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["runAsNonRoot"]) == ("10001", "10001", True)


def test_captures_of_an_inbox_run_side_by_side_within_limits(packages):
    package = packages["inbox"]
    loops = [
        task
        for component in package.components.values()
        for task in component.get("dag", {}).get("tasks", {}).values()
        if "parameterIterator" in task
    ]
    assert [loop["iteratorPolicy"]["parallelismLimit"] for loop in loops] == [3]
    summary = package.task("sum-up")
    assert summary["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"


def test_one_parameter_is_required_and_each_is_described(packages):
    for name, required in (("photos", "capture"), ("inbox", "inbox")):
        parameters = packages[name].spec["root"]["inputDefinitions"]["parameters"]
        assert [key for key, each in parameters.items() if not each.get("isOptional")] == [required]
        for key, each in parameters.items():
            assert re.fullmatch(r"[A-Z][^\n]{15,}\.", each["description"]), key


def test_a_package_says_its_version_and_compiles_to_the_same_bytes(packages, tmp_path):
    again = Package(write_package(define_inbox_to_sogs, tmp_path))
    assert again.text == packages["inbox"].text
    for package in packages.values():
        assert package.spec["pipelineInfo"]["description"].endswith(f"kubesplat {VERSION}")
        assert package.on_kubernetes("sfm")["podMetadata"]["labels"]["app.kubernetes.io/version"] == VERSION


def test_a_file_changes_the_settings_of_a_package(tmp_path):
    (tmp_path / "small.yaml").write_text(
        "tasks:\n  train: {gpus: 0, pool: cpu, memory: 3Gi, retries: 1}\n  sfm: {cpus: 1.5}\n"
        "cluster: {gpu_instance_types: [g6.xlarge], gpu_products: [], captures_at_once: 1}\n"
    )
    package = Package(write_package(define_photos_to_sog, tmp_path, read_settings(tmp_path / "small.yaml")))
    assert "accelerator" not in package.container("train")["resources"]
    assert "tolerations" not in package.on_kubernetes("train")
    assert "KUBESPLAT_GPUS" not in {each["name"] for each in package.container("train")["env"]}
    assert package.task("train")["retryPolicy"]["maxRetryCount"] == 1
    assert package.container("sfm")["resources"]["resourceCpuLimit"] == "1.5"
    (term,) = package.on_kubernetes("compress")["nodeAffinity"]
    assert term["matchExpressions"][0]["values"] == ["g6.xlarge"]
    parameters = package.spec["root"]["inputDefinitions"]["parameters"]
    assert parameters["train_memory"]["defaultValue"] == "3Gi"


def test_a_queue_is_named_by_the_tasks_with_a_gpu_and_its_wait_extends_their_tries(tmp_path, packages):
    cluster = ClusterSettings(queue="gpus", queue_priority="urgent", queue_hours=2)
    package = Package(write_package(define_photos_to_sog, tmp_path, PipelineSettings(cluster=cluster)))
    labels = {"kueue.x-k8s.io/queue-name": "gpus", "kueue.x-k8s.io/priority-class": "urgent"}
    queued = [
        stage
        for stage in STAGES
        if labels.items() <= package.on_kubernetes(stage)["podMetadata"]["labels"].items()
    ]
    assert queued == ["train", "compress"]

    def window(package, stage):
        return int(package.task(stage)["retryPolicy"]["backoffMaxDuration"].removesuffix("s"))

    assert window(package, "train") - window(packages["photos"], "train") == 6 * 2 * 3600
    assert window(package, "sfm") == window(packages["photos"], "sfm")
    assert "kueue" not in str(packages["photos"].on_kubernetes("train"))


@pytest.mark.parametrize("define", [define_photos_to_sog, define_inbox_to_sogs])
def test_sfm_with_a_gpu_has_its_own_image_and_all_that_a_gpu_task_has(define, tmp_path, packages):
    settings = read_settings(Path(defaults.__file__).with_name("sfm_gpu.yaml"))
    package = Package(write_package(define, tmp_path, settings))
    container, kubernetes = package.container("sfm"), package.on_kubernetes("sfm")
    assert container["image"] == sfm_gpu_image()
    assert container["resources"]["accelerator"] == {
        **package.container("train")["resources"]["accelerator"],
        "resourceCount": "1",
    }
    assert {"name": "KUBESPLAT_GPUS", "value": "1"} in container["env"]
    for key in ("nodeAffinity", "tolerations", "fieldPathAsEnv"):
        assert kubernetes[key] == package.on_kubernetes("train")[key]
    default = packages["photos" if define is define_photos_to_sog else "inbox"]
    for stage in set(STAGES) - {"sfm"}:
        assert package.container(stage) == default.container(stage)


def test_sfm_s_image_on_a_gpu_is_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_SFM_GPU_IMAGE", "registry.example.org/sfm-gpu@sha256:3")
    tasks = {**TASKS, "sfm": replace(TASKS["sfm"], gpus=2, pool="gpu")}
    package = Package(write_package(define_photos_to_sog, tmp_path, PipelineSettings(tasks=tasks)))
    assert package.container("sfm")["image"] == "registry.example.org/sfm-gpu@sha256:3"
    assert package.container("sfm")["resources"]["accelerator"]["resourceCount"] == "2"
    package = Package(write_package(define_photos_to_sog, tmp_path))
    assert package.container("sfm")["image"] == cpu_image()


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml does not exist"):
        read_settings(tmp_path / "none.yaml")
