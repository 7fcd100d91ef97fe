"""Names that one file gives and another one uses: addresses, buckets, ports, labels."""

from urllib.parse import urlsplit

import pytest
import yaml

from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.task_settings.write_package import write_package
from tests.cluster.conftest import OVERLAYS

PART_OF = {"app.kubernetes.io/part-of": "kubesplat"}


def find(objects, kind, name, namespace=None):
    return next(
        each
        for each in objects
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
        and namespace in (None, each["metadata"].get("namespace"))
    )


def environment(objects):
    return find(objects, "ConfigMap", "kubesplat-environment", "kubeflow")["data"]


def launcher(objects):
    settings = find(objects, "ConfigMap", "kfp-launcher", "kubeflow")["data"]
    return settings["defaultPipelineRoot"], yaml.safe_load(settings["providers"])["s3"]["default"]


def service_port(objects, host, port):
    """The container's port behind an address inside the cluster."""
    name, namespace, suffix = host.split(".", 2)
    assert suffix == "svc"
    service = find(objects, "Service", name, namespace)
    target = next(each["targetPort"] for each in service["spec"]["ports"] if each["port"] == port)
    pods = [each for each in objects if each["kind"] in ("Deployment", "StatefulSet")]
    chosen = service["spec"]["selector"].items()
    template = next(
        each["spec"]["template"]
        for each in pods
        if chosen <= each["spec"]["template"]["metadata"]["labels"].items()
    )
    ports = template["spec"]["containers"][0]["ports"]
    return next(each["containerPort"] for each in ports if each["name"] == target)


def test_storage_and_launcher_mean_the_same_minio(built):
    objects = built["local"]
    address = urlsplit(environment(objects)["AWS_ENDPOINT_URL"])
    root, provider = launcher(objects)
    assert provider["endpoint"] == address.netloc
    assert provider["disableSSL"] is (address.scheme == "http")
    assert service_port(objects, address.hostname, address.port) == 9000
    secret = find(objects, "Secret", provider["credentials"]["secretRef"]["secretName"], "kubeflow")
    reference = provider["credentials"]["secretRef"]
    assert {reference["accessKeyKey"], reference["secretKeyKey"]} == secret["data"].keys()
    assert urlsplit(root).netloc == "kubesplat"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_pushgateway_is_where_runs_push(built, overlay):
    address = urlsplit(environment(built[overlay])["KUBESPLAT_PUSHGATEWAY"])
    assert service_port(built[overlay], address.hostname, address.port) == 9091


def test_eks_has_one_region_and_no_keys(built):
    objects = built["eks-a10g"]
    root, provider = launcher(objects)
    assert provider["region"] == environment(objects)["AWS_REGION"] == "eu-central-1"
    assert provider["credentials"] == {"fromEnv": True}
    assert root == "s3://example-kubesplat/kubeflow"
    account = find(objects, "ServiceAccount", "pipeline-runner", "kubeflow")
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].endswith(":role/kubesplat-runs")
    assert not [each for each in objects if each["kind"] == "Secret"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_of_runs_are_the_ones_that_the_rules_choose(built, overlay, tmp_path):
    package = write_package(define_photos_to_sog, tmp_path)
    _, platform = yaml.safe_load_all(package.read_text())
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    rule = find(built[overlay], "NetworkPolicy", "kubesplat-runs", "kubeflow")["spec"]
    assert rule["podSelector"] == {"matchLabels": PART_OF}
    assert rule["policyTypes"] == ["Ingress", "Egress"]
    labels = [each["podMetadata"]["labels"] for each in executors.values()]
    assert len(labels) >= 6
    assert all(PART_OF.items() <= each.items() for each in labels)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_runs_reach_what_they_need_and_never_the_nodes_credentials(built, overlay):
    rule = find(built[overlay], "NetworkPolicy", "kubesplat-runs", "kubeflow")["spec"]
    into_ours = next(each for each in rule["egress"] if "kubesplat" in str(each["to"]) and "ports" in each)
    assert {each["port"] for each in into_ours["ports"]} == {9000, 9091}
    outside = [peer["ipBlock"] for each in rule["egress"] for peer in each["to"] if "ipBlock" in peer]
    assert outside == [{"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}]
    assert [port["port"] for each in rule["ingress"] for port in each["ports"]] == [8000]
