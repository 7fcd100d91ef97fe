"""What we promise of every object; each rule returns what breaks it, in words."""

import re

SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|ACCESS_KEY|CREDENTIAL", re.IGNORECASE)
ROOT_FOR_A_REASON = {"nvidia-device-plugin": "the kubelet's socket belongs to root"}


def pods(objects):
    """(name, pod specification) of whatever makes pods."""
    for each in objects:
        spec = each.get("spec") or {}
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], spec
        elif "template" in spec and "containers" in spec["template"].get("spec", {}):
            yield each["metadata"]["name"], spec["template"]["spec"]


def containers(objects):
    """(name, pod specification, container)."""
    for name, pod in pods(objects):
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield name, pod, container


def unpinned_images(objects):
    for name, _, container in containers(objects):
        _, _, tag = container["image"].rpartition("/")[2].partition(":")
        if "@sha256:" not in container["image"] and tag in ("", "latest"):
            yield f"{name}: {container['image']}"


def roots(objects):
    for name, pod, container in containers(objects):
        settings = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
        is_root = settings.get("runAsUser", 0) == 0 or not settings.get("runAsNonRoot")
        if is_root and name not in ROOT_FOR_A_REASON:
            yield f"{name}: {settings}"


def privileges(objects):
    for name, pod, container in containers(objects):
        settings = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
        if (
            any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
            or settings.get("privileged")
            or settings.get("allowPrivilegeEscalation") is not False
            or settings.get("capabilities") != {"drop": ["ALL"]}
            or not settings.get("readOnlyRootFilesystem")
            or settings.get("seccompProfile") != {"type": "RuntimeDefault"}
        ):
            yield f"{name}: {settings}"


def host_folders(objects):
    for name, pod in pods(objects):
        shared = [volume["name"] for volume in pod.get("volumes", []) if "hostPath" in volume]
        if shared and name not in ROOT_FOR_A_REASON:
            yield f"{name}: {shared}"


def api_tokens(objects):
    return [name for name, pod in pods(objects) if pod.get("automountServiceAccountToken") is not False]


def unlimited(objects):
    for name, _, container in containers(objects):
        resources = container.get("resources", {})
        for kind in ("requests", "limits"):
            if not {"cpu", "memory"} <= resources.get(kind, {}).keys():
                yield f"{name}: no {kind}"


def plain_secrets(objects):
    """Passwords and keys written down instead of taken from a Secret."""
    for name, _, container in containers(objects):
        for variable in container.get("env", []):
            if SECRET_NAME.search(variable["name"]) and variable.get("value"):
                yield f"{name}: {variable['name']}"
    for each in objects:
        if each["kind"] == "ConfigMap":
            yield from (
                f"{each['metadata']['name']}: {key}" for key in each["data"] if SECRET_NAME.search(key)
            )


def wide_doors(objects):
    """Rules in our own namespaces that let in or out more than named pods on named ports."""
    ours = {each["metadata"]["name"] for each in objects if each["kind"] == "Namespace"}
    for each in objects:
        if each["kind"] != "NetworkPolicy" or each["metadata"]["namespace"] not in ours:
            continue
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in each["spec"].get(direction, []):
                named = [peer for peer in rule.get(peers, []) if peer and "ipBlock" not in peer]
                if not named or len(named) < len(rule[peers]) or not rule.get("ports"):
                    yield f"{each['metadata']['name']}: {rule}"


def open_doors(objects):
    """Namespaces of ours without a rule that closes everything."""
    closed = {
        each["metadata"]["namespace"]
        for each in objects
        if each["kind"] == "NetworkPolicy"
        and each["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }
    return [
        each["metadata"]["name"]
        for each in objects
        if each["kind"] == "Namespace" and each["metadata"]["name"] not in closed
    ]
