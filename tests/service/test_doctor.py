"""`kubesplat doctor` against a recorded cluster, in which one thing after the other is broken."""

import base64
import copy
import json
from importlib.metadata import version
from pathlib import Path

import pytest
from kubernetes.config import kube_config
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.service.kubernetes_server import serve_kubernetes

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests" / "recorded" / "cluster.json"
NAMESPACE = "/api/v1/namespaces/kubeflow"
DEPLOYMENTS = "/apis/apps/v1/namespaces/kubeflow/deployments"
DAEMON_SETS = "/apis/apps/v1/daemonsets"
KUEUE = "/apis/kueue.x-k8s.io/v1beta2"
POOLS = "/apis/karpenter.sh/v1/nodepools"
LAUNCHER = f"{NAMESPACE}/configmaps/kfp-launcher"
ENVIRONMENT = f"{NAMESPACE}/configmaps/kubesplat-environment"
ARGO = f"{NAMESPACE}/configmaps/workflow-controller-configmap"
SECRET = f"{NAMESPACE}/secrets/kubesplat-s3"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
ACCOUNT = f"{NAMESPACE}/serviceaccounts/pipeline-runner"


@pytest.fixture
def cluster(kubeflow, monkeypatch, tmp_path):
    """The recorded cluster: Kubernetes 1.34 with the overlay `local`, one node with a GPU."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("KUBESPLAT_CPU_IMAGE", "KUBESPLAT_GPU_IMAGE"):
        monkeypatch.setenv(name, f"kubesplat/cpu:{version('kubesplat')}")
    with serve_kubernetes(RECORDING) as server:
        _complete(server.objects)
        config = tmp_path / "config"
        config.write_text(server.config())
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
        yield server


def _complete(objects):
    """What the recording could not have: a second node, without a GPU, and a device plugin that runs."""
    nodes = objects["/api/v1/nodes"]["items"]
    other = copy.deepcopy(nodes[0])
    other["metadata"] = {"name": "node1", "labels": {}}
    del other["spec"]["taints"], other["status"]["allocatable"]["nvidia.com/gpu"]
    nodes.append(other)
    objects[DAEMON_SETS]["items"][0]["status"] = {"desiredNumberScheduled": 1, "numberReady": 1}


@pytest.fixture
def tasks(tmp_path):
    """Task settings that fit the recorded node of two cores, and use its GPU."""
    small = {"cpus": 1, "memory": "1Gi"}
    names = ("list-capture", "ingest", "sfm", "train", "compress", "evaluate", "publish", "conclude", "inbox")
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps({"tasks": dict.fromkeys(names, small)}))
    return path


def doctor(*arguments):
    return CliRunner().invoke(app, ["doctor", *(str(each) for each in arguments)])


def findings(tasks, *arguments):
    """Findings that are not ok, as (check, verdict, text), and the exit status."""
    result = doctor("--json", "--task-settings", tasks, *arguments)
    found = json.loads(result.stdout)
    assert all(each["remedy"] for each in found if each["verdict"] in ("warn", "fail"))
    bad = [(each["check"], each["verdict"], each["text"]) for each in found if each["verdict"] != "ok"]
    return bad, result.exit_code


def node(cluster, at=0):
    """The GPU node, or the other one."""
    return cluster.objects["/api/v1/nodes"]["items"][at]


def test_a_good_cluster(cluster, tasks):
    bad, status = findings(tasks)
    assert bad == [("storage", "unseen", "not tried: this machine has no credentials")]
    assert status == 0
    text = doctor("--task-settings", tasks).stdout
    assert "✓ gpu nodes        1 of 1 can take the largest task (1 GPU, 1 CPU and 1Gi), if empty" in text
    assert "✓ reach of S3      http://minio.kubesplat.svc:9000: no network policy is in the way" in text
    assert text.endswith("ok, 1 not seen\n")


def break_quota(cluster):
    cluster.objects[f"{NAMESPACE}/resourcequotas"]["items"][0]["status"]["hard"] = {
        "requests.memory": "512Mi"
    }


def use_up_quota(cluster):
    quota = cluster.objects[f"{NAMESPACE}/resourcequotas"]["items"][0]["status"]
    quota["used"] = {"requests.nvidia.com/gpu": quota["hard"]["requests.nvidia.com/gpu"]}


def taint(cluster):
    node(cluster)["spec"]["taints"] = [
        {"key": "nvidia.com/gpu", "effect": "NoSchedule"},
        {"key": "team", "effect": "NoExecute"},
    ]


def stop_minio(cluster):
    for pod in cluster.objects["/api/v1/namespaces/kubesplat/pods"]["items"]:
        if "minio" in pod["metadata"]["name"]:
            pod["status"]["conditions"] = []


def close_door(cluster):
    policies = cluster.objects["/apis/networking.k8s.io/v1/namespaces/kubesplat/networkpolicies"]["items"]
    next(each for each in policies if each["metadata"]["name"] == "minio")["spec"]["ingress"][0]["ports"] = [
        {"port": 9001, "protocol": "TCP"}
    ]


def shut_runs_in(cluster):
    policies = cluster.objects["/apis/networking.k8s.io/v1/namespaces/kubeflow/networkpolicies"]["items"]
    policies[0]["spec"]["egress"] = []


def set_argo(cluster, text):
    cluster.objects[ARGO]["data"]["workflowDefaults"] = text


def deployment(cluster, name):
    return next(each for each in cluster.objects[DEPLOYMENTS]["items"] if each["metadata"]["name"] == name)


def container(cluster, name):
    return deployment(cluster, name)["spec"]["template"]["spec"]["containers"][0]


def set_driver(cluster):
    variables = container(cluster, "ml-pipeline")["env"]
    next(each for each in variables if each["name"] == "V2_DRIVER_IMAGE")["value"] = "kfp-driver:2.16.0"


def set_executor(cluster):
    arguments = container(cluster, "workflow-controller")["args"]
    arguments[:] = [each.replace("argoexec:v4.0.5", "argoexec:v3.7.1") for each in arguments]


@pytest.mark.parametrize(
    ("change", "check", "verdict", "words"),
    [
        (lambda it: it.objects.pop(SECRET), "credentials", "fail", "kubeflow has no Secret kubesplat-s3"),
        (lambda it: it.objects[SECRET]["data"].update(AWS_SECRET_ACCESS_KEY=""), "credentials", "fail",
         "has no AWS_SECRET_ACCESS_KEY"),
        (lambda it: it.objects[LAUNCHER]["data"].update(defaultPipelineRoot="minio://mlpipeline/v2"),
         "pipeline root", "fail", "it is minio://mlpipeline/v2"),
        (lambda it: it.objects[ENVIRONMENT]["data"].update(AWS_ENDPOINT_URL="http://minio.kubesplat.svc:9001"),
         "pipeline root", "fail", "for Kubeflow's launcher, and at minio.kubesplat.svc:9001"),
        (stop_minio, "reach of S3", "fail", "no pod behind the service minio in the namespace"),
        (close_door, "reach of S3", "fail", "port 9000 is refused to runs by the policies closed, minio"),
        (shut_runs_in, "reach of metrics", "fail", "port 9091 is refused to runs by the policies kub"),
        (taint, "gpu nodes", "fail", "has the taint team:NoExecute, which the task does not tolerate"),
        (lambda it: node(it, 1)["spec"].update(unschedulable=True), "cpu nodes", "fail", "node1 is cordoned"),
        (lambda it: node(it)["status"]["allocatable"].pop("nvidia.com/gpu"), "gpu nodes", "fail",
         "node0 offers 0 nvidia.com/gpu"),
        (lambda it: node(it)["metadata"]["labels"].pop("node.kubernetes.io/instance-type"), "gpu nodes",
         "fail", "no node has the label of g5.xlarge or g5.2xlarge or g5.4xlarge or NVIDIA-A10G"),
        (lambda it: node(it)["spec"].pop("taints"), "gpu taint", "warn", "the GPU node node0 has no taint"),
        (lambda it: it.objects[DAEMON_SETS]["items"].clear(), "device plugin", "warn", "no DaemonSet"),
        (lambda it: it.objects[DAEMON_SETS]["items"][0]["status"].update(numberReady=0), "device plugin",
         "fail", "0 of 1 pods are ready"),
        (lambda it: it.objects[DAEMON_SETS]["items"][0]["status"].clear(), "device plugin", "warn",
         "0 of 0 pods are ready; no node matches it"),
        (break_quota, "quota", "fail", "0 of 512Mi requests.memory used; the largest task needs 1073741824"),
        (use_up_quota, "quota", "warn", "8 of 8 requests.nvidia.com/gpu used; the largest task needs 1"),
        (lambda it: set_argo(it, ""), "retries", "fail", "Argo's retryPolicy is OnError"),
        (lambda it: set_argo(it, "spec: {templateDefaults: {retryStrategy: {retryPolicy: Always}}}"),
         "retries", "warn", "Argo retries final failures"),
        (lambda it: deployment(it, "workflow-controller")["status"].update(availableReplicas=0), "servers",
         "fail", "not available: workflow-controller"),
        (lambda it: it.objects[DEPLOYMENTS]["items"].clear(), "servers", "fail", "no deployment ml-pipeline"),
        (set_driver, "versions", "fail", "driver 2.16.0"),
        (set_executor, "argo", "fail", "Argo's controller is 4.0.5, its executor 3.7.1"),
        (lambda it: it.objects["/version"].update(minor="29+"), "kubernetes", "warn", "Kubernetes v1.34.2"),
        (lambda it: it.forbidden.add("pods"), "permissions", "warn", "cannot be listed"),
        (lambda it: it.refused.add("workflowtaskresults"), "rights of runs", "fail",
         "pipeline-runner in kubeflow may not create workflowtaskresults, patch workflowtaskresults"),
        (lambda it: it.forbidden.add(REVIEWS), "rights of runs", "unseen", "subjectaccessreviews"),
        (lambda it: it.forbidden.add(SECRET), "credentials", "unseen",
         "no permission to read secrets kubesplat-s3 in the namespace kubeflow"),
    ],
)  # fmt: skip
def test_one_broken_thing_is_found(cluster, tasks, change, check, verdict, words):
    change(cluster)
    bad, status = findings(tasks)
    found = {name: (given, text) for name, given, text in bad}
    assert found[check][0] == verdict
    assert words in found[check][1]
    assert status == (5 if any(given == "fail" for _, given, _ in bad) else 0)


def test_an_image_that_no_node_has(cluster, tasks, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_GPU_IMAGE", "kubesplat/gpu:0.0.1")
    monkeypatch.setenv("KUBESPLAT_CPU_IMAGE", "registry.example.org/kubesplat/cpu:0.1.0")
    bad, status = findings(tasks)
    texts = {text.partition(":")[0]: verdict for check, verdict, text in bad if check == "image"}
    assert texts == {"kubesplat/gpu": "fail", "registry.example.org/kubesplat/cpu": "unseen"}
    assert status == 5


def test_an_image_of_another_version(cluster, tasks, monkeypatch):
    node(cluster)["status"]["images"].append({"names": ["docker.io/kubesplat/cpu:0.0.9"]})
    monkeypatch.setenv("KUBESPLAT_CPU_IMAGE", "kubesplat/cpu:0.0.9")
    bad, status = findings(tasks)
    assert ("image", "warn") in [each[:2] for each in bad]
    assert status == 0


def test_a_role_replaces_the_secret(cluster, tasks):
    del cluster.objects[SECRET]
    role = "arn:aws:iam::210987654321:role/runs"
    cluster.objects[ACCOUNT]["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": role}
    assert "credentials" not in [check for check, _, _ in findings(tasks)[0]]


def test_karpenter_makes_the_nodes(cluster, tasks):
    node(cluster)["metadata"]["labels"] = {}
    types = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["g5.xlarge"]}
    taints = [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]
    pool = {
        "metadata": {"name": "gpus"},
        "spec": {
            "limits": {"nvidia.com/gpu": "8"},
            "template": {"spec": {"taints": taints, "requirements": [types]}},
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    cluster.objects[POOLS] = {"items": [pool]}
    assert (
        "✓ gpu nodes        none now; Karpenter's NodePool gpus makes them, 0 of 8 GPUs"
        in doctor("--task-settings", tasks).stdout
    )
    pool["status"]["conditions"] = [{"type": "Ready", "status": "False", "message": "NodeClass not found"}]
    bad, status = findings(tasks)
    assert ("gpu nodes", "fail", "Karpenter's NodePool gpus is not ready: NodeClass not found") in bad
    assert status == 5


@pytest.fixture
def queue(cluster, tasks):
    """Task settings that name a queue, which the cluster has."""
    tasks.write_text(
        json.dumps(json.loads(tasks.read_text()) | {"cluster": {"queue": "q", "queue_priority": "p"}})
    )
    active = {"type": "Active", "status": "True"}
    gpus = {"resources": [{"name": "nvidia.com/gpu", "nominalQuota": "8"}]}
    cluster.objects |= {
        f"{KUEUE}/namespaces/kubeflow/localqueues/q": {
            "metadata": {"name": "q"},
            "spec": {"clusterQueue": "all"},
            "status": {"conditions": [active], "pendingWorkloads": 3},
        },
        f"{KUEUE}/clusterqueues/all": {"spec": {"resourceGroups": [{"flavors": [gpus]}]}},
        f"{KUEUE}/workloadpriorityclasses/p": {},
        "/api/v1/namespaces/kueue-system/configmaps/kueue-manager-config": {
            "data": {"controller_manager_config.yaml": "integrations: {frameworks: [pod]}"}
        },
    }
    return cluster.objects


def test_a_queue(queue, tasks):
    assert [each for each in findings(tasks)[0] if each[0].startswith("queue")] == []
    text = "✓ queue            q: 0 pods admitted, 3 waiting, a quota of 8 GPUs"
    assert text in doctor("--task-settings", tasks).stdout


@pytest.mark.parametrize(
    ("path", "replacement", "check", "words"),
    [
        ("/namespaces/kubeflow/localqueues/q", None, "queue", "kubeflow has no LocalQueue q"),
        ("/namespaces/kubeflow/localqueues/q", {"status": {"conditions": [{
            "type": "Active", "status": "False", "message": "ClusterQueue all is missing"
        }]}}, "queue", "is not active: ClusterQueue all is missing"),
        ("/clusterqueues/all", {"spec": {"resourceGroups": []}}, "queue", "quota of 0 GPUs; a task needs 1"),
        ("/workloadpriorityclasses/p", None, "queue priority", "there is no WorkloadPriorityClass p"),
        ("/api/v1/namespaces/kueue-system/configmaps/kueue-manager-config", None, "queue of pods",
         "Kueue is not configured to queue pods"),
    ],
)  # fmt: skip
def test_a_queue_that_would_not_work(queue, tasks, path, replacement, check, words):
    whole = path if path.startswith("/api/") else f"{KUEUE}{path}"
    before = queue.pop(whole)
    if replacement:
        queue[whole] = before | replacement
    bad, status = findings(tasks)
    assert {name: words in text for name, _, text in bad if name.startswith("queue")} == {check: True}
    assert status == 5


@pytest.mark.parametrize(
    ("url", "key", "verdict", "words"),
    [
        ("https://example.org/a-token", True, "ok", "https://example.org: no network policy is in the way"),
        ("http://example.org:8080/a-token", True, "fail", "port 8080 is refused to runs"),
        ("https://example.org/a-token", False, "fail", "nothing is sent unsigned"),
        ("mailto:a-token", True, "fail", "KUBESPLAT_WEBHOOK_URL is not an address"),
    ],
)
def test_receivers_of_notifications(cluster, tasks, url, key, verdict, words):
    values = {"KUBESPLAT_WEBHOOK_URL": url}
    if key:
        values["KUBESPLAT_WEBHOOK_SECRET"] = "whsec_" + "A" * 32
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    cluster.objects[f"{NAMESPACE}/secrets/kubesplat-notify"] = {"data": data}
    output = doctor("--json", "--task-settings", tasks).stdout
    (found,) = (each for each in json.loads(output) if each["check"] in ("reach of webhook", "notifications"))
    assert found["verdict"] == verdict
    assert words in found["text"]
    assert "a-token" not in output


@pytest.mark.parametrize(
    ("deleted", "mark", "text"),
    [
        ("2160h", "✓", "runs are archived 12h00m after their end, and deleted 2160h00m after that"),
        ("1h30m", "!", "and deleted 1h30m after that; their workflows are kept 168h00m"),
        ("", "✓", "runs are archived 12h00m after their end"),
    ],
)
def test_retention_of_runs(cluster, tasks, deleted, mark, text):
    reference = {"name": "pipeline-install-config", "key": "KEPT"}
    container(cluster, "ml-pipeline")["env"] += [
        {"name": "RUNS_RETENTION_TIME", "value": "12h"},
        {"name": "ARCHIVED_RUNS_RETENTION_TIME", "valueFrom": {"configMapKeyRef": reference}},
    ]
    cluster.objects[f"{NAMESPACE}/configmaps/pipeline-install-config"] = {"data": {"KEPT": deleted}}
    lines = doctor("--task-settings", tasks).stdout.splitlines()
    (line,) = (each for each in lines if "run retention" in each)
    assert line.startswith(mark)
    assert text in line


def test_kubeflow_2_17_has_no_retention(cluster, tasks):
    api = container(cluster, "ml-pipeline")
    api["env"].append({"name": "RUNS_RETENTION_TIME", "value": "12h"})
    api["image"] = "ghcr.io/kubeflow/kfp-api-server:2.17.0"
    assert "off: Kubeflow keeps its record of every run" in doctor("--task-settings", tasks).stdout


def test_without_gpus_no_gpu_node_is_needed(cluster, tasks):
    node(cluster)["metadata"]["labels"] = {}
    cpu_only = ROOT / "pipelines" / "task_settings" / "cpu_only.yaml"
    assert not {"gpu nodes", "device plugin"} & {check for check, _, _ in findings(cpu_only)[0]}


def test_kubeflow_alone(kubeflow, tasks, monkeypatch, tmp_path):
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    bad, status = findings(tasks)
    assert [each[:2] for each in bad] == [("kubernetes", "unseen"), ("storage", "unseen")]
    assert bad[0][2].startswith("there is no kubeconfig; so not seen: permissions, rights of runs, servers")
    assert status == 0


def test_kubernetes_alone(cluster, kubeflow, tasks):
    kubeflow.token = "another"
    bad, status = findings(tasks)
    assert bad[0][:2] == ("kubeflow", "fail")
    assert "refused the sign-in (401)" in bad[0][2]
    assert len(bad) == 2  # the rest of the cluster is checked, and good
    assert status == 5


def test_the_storage_is_tried_and_left_as_it_was(cluster, tasks, s3):
    bad, status = findings(tasks, "--storage", f"s3://{s3.bucket}/root")
    assert (bad, status) == ([], 0)
    assert list(s3.server.client().list_objects(s3.bucket, recursive=True)) == []
    bad, status = findings(tasks, "--storage", "s3://no-such-bucket-here/root")
    assert [each[:2] for each in bad] == [("storage", "fail")]
    assert status == 5


def test_a_folder_is_no_storage_of_a_cluster(cluster, tmp_path):
    result = doctor("--storage", tmp_path)
    assert result.exit_code == 2
    assert "is not an s3:// address" in " ".join(result.stderr.replace("│", " ").split())
