"""What we promise of every object; each rule returns what breaks it, in words."""

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
        settings = container.get("securityContext", {})
        shares_host = any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
        if (
            shares_host
            or settings.get("privileged")
            or settings.get("allowPrivilegeEscalation") is not False
            or settings.get("capabilities", {}).get("drop") != ["ALL"]
            or not settings.get("readOnlyRootFilesystem")
            or pod.get("securityContext", {}).get("seccompProfile", {}).get("type") != "RuntimeDefault"
        ):
            yield f"{name}: {settings}"


def api_tokens(objects):
    return [name for name, pod in pods(objects) if pod.get("automountServiceAccountToken") is not False]


def unlimited(objects):
    for name, _, container in containers(objects):
        resources = container.get("resources", {})
        for kind in ("requests", "limits"):
            if not {"cpu", "memory"} <= resources.get(kind, {}).keys():
                yield f"{name}: no {kind}"


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
