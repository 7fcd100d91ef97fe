"""Kubernetes' rules for network policies, one sentence of its documentation each."""

import pytest

from pipelines.client.doctor.network_policy import Peer, Port, matches, refusing

RUN = {"part-of": "kubesplat", "stage": "train"}
STORE = Peer("storage", {"name": "storage"}, {"app": "minio"})
OUTSIDE = Peer()
RECEIVER = Peer(address="10.10.0.1")


def policy(name="one", namespace="kubeflow", **spec):
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def egress(*rules, **spec):
    return policy(policyTypes=["Egress"], egress=list(rules), **spec)


def to(*peers, ports=None):
    return {"to": list(peers)} | ({"ports": ports} if ports else {})


BY_NAMESPACE = {"namespaceSelector": {"matchLabels": {"name": "storage"}}}
BY_POD = {"podSelector": {"matchLabels": {"app": "minio"}}}


@pytest.mark.parametrize(
    ("policies", "peer", "refused"),
    [
        ([], STORE, []),
        ([egress()], STORE, ["one"]),
        ([policy(policyTypes=["Ingress"], egress=[])], STORE, []),
        ([policy(ingress=[])], STORE, []),
        ([policy(egress=[])], STORE, ["one"]),
        ([egress(podSelector={"matchLabels": {"stage": "sfm"}})], STORE, []),
        ([egress({})], STORE, []),
        ([egress(to(BY_NAMESPACE))], STORE, []),
        ([egress(to(BY_NAMESPACE | BY_POD))], STORE, []),
        ([egress(to(BY_POD))], STORE, ["one"]),
        ([egress(to({"podSelector": {}}))], STORE, ["one"]),
        ([egress(to(BY_NAMESPACE, ports=[{"port": 9000}]))], STORE, []),
        ([egress(to(BY_NAMESPACE, ports=[{"port": "s3"}]))], STORE, []),
        ([egress(to(BY_NAMESPACE, ports=[{"port": 9000, "protocol": "UDP"}]))], STORE, ["one"]),
        ([egress(to(BY_NAMESPACE, ports=[{"port": 443}, {"port": 8000, "endPort": 9100}]))], STORE, []),
        ([egress(to(BY_NAMESPACE, ports=[{"port": 443}]))], STORE, ["one"]),
        ([egress(), egress(to(BY_NAMESPACE))], STORE, []),
        ([egress(to({"ipBlock": {"cidr": "0.0.0.0/0"}}))], OUTSIDE, []),
        ([egress(to({"ipBlock": {"cidr": "10.0.0.0/8"}}))], OUTSIDE, ["one"]),
        ([egress(to({"ipBlock": {"cidr": "0.0.0.0/0"}}))], STORE, ["one"]),
        ([egress(), egress(to({"ipBlock": {"cidr": "10.10.0.1/32"}}))], RECEIVER, []),
        ([egress(to({"ipBlock": {"cidr": "10.10.0.7/16"}}))], RECEIVER, []),
        ([egress(to({"ipBlock": {"cidr": "10.11.0.0/16"}}))], RECEIVER, ["one"]),
        ([egress(to({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}))], RECEIVER, ["one"]),
        ([egress(to({"ipBlock": {"cidr": "::/0"}}))], RECEIVER, ["one"]),
        ([egress(to({"namespaceSelector": {}}))], OUTSIDE, ["one"]),
    ],
)
def test_what_a_pod_may_reach(policies, peer, refused):
    assert refusing(policies, "egress", RUN, peer, Port(9000, "s3")) == refused


def test_who_may_reach_a_pod():
    source = Peer("kubeflow", {"name": "kubeflow"}, RUN)
    closed = policy("closed", "storage", policyTypes=["Ingress"])
    door = {"from": [{"namespaceSelector": {"matchLabels": {"name": "kubeflow"}}}], "ports": [{"port": 9000}]}
    opened = policy("opened", "storage", policyTypes=["Ingress"], ingress=[door])
    assert refusing([closed], "ingress", {"app": "minio"}, source, Port(9000)) == ["closed"]
    assert refusing([closed, opened], "ingress", {"app": "minio"}, source, Port(9000)) == []
    assert refusing([closed, opened], "ingress", {"app": "minio"}, source, Port(9001)) == ["closed", "opened"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"operator": "In", "values": ["train"]}, True),
        ({"operator": "In", "values": ["sfm"]}, False),
        ({"operator": "NotIn", "values": ["sfm"]}, True),
        ({"operator": "NotIn", "values": ["train"]}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
    ],
)
def test_expressions_of_selectors(expression, expected):
    assert matches({"matchExpressions": [{"key": "stage", **expression}]}, RUN) is expected
