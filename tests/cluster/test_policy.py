"""What is deployed keeps the policy, and each rule of it notices who does not."""

import copy

import pytest
import yaml

from tests.cluster import policy
from tests.cluster.conftest import OVERLAYS

RULES = [
    policy.unpinned_images,
    policy.roots,
    policy.privileges,
    policy.host_folders,
    policy.api_tokens,
    policy.unlimited,
    policy.plain_secrets,
    policy.open_doors,
    policy.wide_doors,
]
CAREFUL = yaml.safe_load("""
- kind: Namespace
  metadata: {name: ours}
- kind: NetworkPolicy
  metadata: {name: closed, namespace: ours}
  spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
- kind: NetworkPolicy
  metadata: {name: door, namespace: ours}
  spec:
    podSelector: {}
    ingress: [{from: [{podSelector: {matchLabels: {a: b}}}], ports: [{port: 1}]}]
- kind: ConfigMap
  metadata: {name: settings}
  data: {REGION: here}
- kind: Deployment
  metadata: {name: careful}
  spec:
    template:
      spec:
        automountServiceAccountToken: false
        securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
        containers:
          - name: a
            image: registry.example.org:5000/nginx:1.29.1
            env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}]
            resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities: {drop: [ALL]}
""")
CLOSED, DOOR, SETTINGS = (1, "spec"), (2, "spec"), (3, "data")
POD = (4, "spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
CARELESS = [
    (policy.unpinned_images, (*CONTAINER, "image"), "nginx:latest"),
    (policy.unpinned_images, (*CONTAINER, "image"), "registry.example.org:5000/nginx"),
    (policy.roots, (*POD, "securityContext", "runAsUser"), 0),
    (policy.roots, (*POD, "securityContext", "runAsNonRoot"), False),
    (policy.privileges, (*POD, "hostNetwork"), True),
    (policy.privileges, (*POD, "hostPID"), True),
    (policy.privileges, (*POD, "securityContext", "seccompProfile"), {"type": "Unconfined"}),
    (policy.privileges, (*CONTAINER, "securityContext", "privileged"), True),
    (policy.privileges, (*CONTAINER, "securityContext", "allowPrivilegeEscalation"), True),
    (policy.privileges, (*CONTAINER, "securityContext", "readOnlyRootFilesystem"), False),
    (policy.privileges, (*CONTAINER, "securityContext", "capabilities"), {"drop": ["NET_RAW"]}),
    (policy.privileges, (*CONTAINER, "securityContext", "capabilities", "add"), ["SYS_ADMIN"]),
    (policy.privileges, (*CONTAINER, "securityContext", "seccompProfile"), {"type": "Unconfined"}),
    (policy.host_folders, (*POD, "volumes"), [{"name": "a", "hostPath": {"path": "/"}}]),
    (policy.api_tokens, (*POD, "automountServiceAccountToken"), True),
    (policy.unlimited, (*CONTAINER, "resources", "requests"), {"cpu": 1}),
    (policy.unlimited, (*CONTAINER, "resources", "limits"), {"memory": "1Gi"}),
    (policy.plain_secrets, (*CONTAINER, "env"), [{"name": "DB_PASSWORD", "value": "hunter2"}]),
    (policy.plain_secrets, (*SETTINGS, "AWS_SECRET_ACCESS_KEY"), "hunter2"),
    (policy.open_doors, (*CLOSED, "policyTypes"), ["Ingress"]),
    (policy.open_doors, (*CLOSED, "podSelector"), {"matchLabels": {"a": "b"}}),
    (policy.wide_doors, (*DOOR, "ingress"), [{"ports": [{"port": 1}]}]),
    (policy.wide_doors, (*DOOR, "ingress"), [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]),
    (
        policy.wide_doors,
        (*DOOR, "egress"),
        [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 1}]}],
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_policy(built, overlay, rule):
    assert list(rule(built[overlay])) == []


@pytest.mark.parametrize(("rule", "path", "value"), CARELESS)
def test_one_careless_setting_is_noticed_by_its_rule_alone(rule, path, value):
    objects = copy.deepcopy(CAREFUL)
    assert [each for one in RULES for each in one(objects)] == []
    place = objects
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert [one.__name__ for one in RULES if list(one(objects))] == [rule.__name__]


def test_each_rule_is_proven():
    assert {rule for rule, _, _ in CARELESS} == set(RULES)


def test_root_only_where_a_reason_is_given(built):
    root = [
        name
        for name, _, container in policy.containers(built["eks-a10g"])
        if container["securityContext"].get("runAsUser") == 0
    ]
    assert root == list(policy.ROOT_FOR_A_REASON)
