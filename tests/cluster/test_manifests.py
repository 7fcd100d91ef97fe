"""Every overlay builds, is valid Kubernetes, and keeps what we promise of it."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from pipelines.task_settings.settings import ClusterSettings
from tests.cluster.conftest import MANIFESTS, OVERLAYS, build

KUBERNETES = "1.32"
CUSTOM = {"NodePool", "EC2NodeClass", "PodMonitor", "ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_objects_are_valid(built, overlay):
    core = [each for each in built[overlay] if each["kind"] not in CUSTOM]
    assert len(core) >= 10
    for each in core:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)


def test_an_invalid_object_is_noticed(built):
    policy_object = next(each for each in built["local"] if each["kind"] == "NetworkPolicy")
    broken = json.loads(json.dumps(policy_object))
    broken["spec"]["policyType"] = ["Ingress"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


def test_no_secret_is_committed():
    listed = subprocess.run(
        ["git", "ls-files", "manifests"], cwd=MANIFESTS.parent, capture_output=True, text=True
    )
    texts = {name: (MANIFESTS.parent / name).read_text() for name in listed.stdout.split()}
    assert texts
    assert not [name for name, text in texts.items() if "kind: Secret" in text]
    assert not [name for name in texts if Path(name).name in ("s3.env", "minio-root.env")]


def test_a_deployment_without_secrets_fails_and_names_the_file(built, tmp_path):
    copy = shutil.copytree(MANIFESTS, tmp_path / "manifests", ignore=shutil.ignore_patterns("*.env"))
    run = subprocess.run(
        ["kubectl", "kustomize", str(copy / "overlays" / "local")], capture_output=True, text=True
    )
    assert run.returncode != 0
    assert "s3.env" in run.stderr or "minio-root.env" in run.stderr


def test_runs_find_the_names_they_are_compiled_with(built):
    cluster = ClusterSettings()
    names = {(each["kind"], each["metadata"]["name"]) for each in built["local"]}
    assert ("Secret", cluster.s3_secret) in names
    assert ("ConfigMap", cluster.environment_config_map) in names
    pools = {
        each["metadata"]["name"]: each["spec"] for each in built["eks-a10g"] if each["kind"] == "NodePool"
    }
    gpu = pools["kubesplat-gpu"]["template"]
    assert gpu["metadata"]["labels"] == {cluster.pool_label: "gpu"}
    assert [taint["key"] for taint in gpu["spec"]["taints"]] == [cluster.gpu_resource]
    types = next(each for each in gpu["spec"]["requirements"] if "instance-type" in each["key"])
    assert tuple(types["values"]) == cluster.gpu_instance_types
    assert "taints" not in pools["kubesplat-cpu"]["template"]["spec"]


def test_the_queue_fits_the_gpu_pool_and_the_task_settings(built):
    queue = [
        each
        for file in sorted((MANIFESTS / "components" / "kueue").glob("*.yaml"))
        for each in yaml.safe_load_all(file.read_text())
        if each["apiVersion"].startswith("kueue.x-k8s.io/")
    ]
    flavor, cluster_queue, local_queue = (
        next(each for each in queue if each["kind"] == kind)
        for kind in ("ResourceFlavor", "ClusterQueue", "LocalQueue")
    )
    cluster = ClusterSettings()
    pool = next(each for each in built["eks-a10g"] if each["metadata"]["name"] == "kubesplat-gpu")["spec"]
    assert (
        flavor["spec"]["nodeLabels"] == {cluster.pool_label: "gpu"} == pool["template"]["metadata"]["labels"]
    )
    assert flavor["spec"]["nodeTaints"] == pool["template"]["spec"]["taints"]
    assert local_queue["spec"]["clusterQueue"] == cluster_queue["metadata"]["name"]
    (group,) = cluster_queue["spec"]["resourceGroups"]
    (quotas,) = group["flavors"]
    assert quotas["name"] == flavor["metadata"]["name"]
    limits = {each["name"]: each["nominalQuota"] for each in quotas["resources"]}
    assert limits[cluster.gpu_resource] == pool["limits"][cluster.gpu_resource]
    assert set(limits) == {*group["coveredResources"]} == {cluster.gpu_resource, "cpu", "memory"}


def test_the_queue_s_component_lets_more_pods_wait_than_there_are_gpus(tmp_path):
    copy = shutil.copytree(MANIFESTS, tmp_path / "manifests")
    overlay = copy / "overlays" / "eks-a10g" / "kustomization.yaml"
    text = overlay.read_text()
    overlay.write_text(text.replace("components:\n", "components:\n  - ../../components/kueue\n"))
    built = build(overlay.parent)
    (quota,) = (each for each in built if each["metadata"]["name"] == "kubesplat-gpus")
    assert quota["spec"]["hard"] == {"requests.nvidia.com/gpu": "100"}
    assert {"ClusterQueue", "LocalQueue", "ResourceFlavor"} <= {each["kind"] for each in built}


def test_both_namespaces_have_the_same_credentials(built):
    secrets = [each for each in built["local"] if each["metadata"]["name"] == "kubesplat-s3"]
    assert {each["metadata"]["namespace"] for each in secrets} == {"kubeflow", "kubesplat"}
    first, second = (each["data"] for each in secrets)
    assert first == second
    assert base64.b64decode(first["AWS_ACCESS_KEY_ID"]) == b"kubesplat"


def test_settings_of_eks_reach_every_object(built):
    text = yaml.safe_dump_all(built["eks-a10g"])
    for placeholder in ("CLUSTER_NAME", "RUN_ROLE_ARN", "PIPELINE_ROOT", ": REGION"):
        assert placeholder not in text, placeholder
    node_class = next(each for each in built["eks-a10g"] if each["kind"] == "EC2NodeClass")["spec"]
    assert node_class["subnetSelectorTerms"] == [{"tags": {"karpenter.sh/discovery": "example"}}]
    assert node_class["metadataOptions"]["httpPutResponseHopLimit"] == 1
