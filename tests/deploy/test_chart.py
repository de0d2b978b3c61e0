"""The Helm chart, as Helm renders it and Kubernetes' own schemas judge it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from tests.deploy.commands import understood
from tests.deploy.tools import DEPLOY, Tools
from tests.real_server import real_server

from omnireel.settings import Settings

CHART = DEPLOY / "helm" / "omnireel"
LEAST: dict[str, Any] = {
    "publicUrl": "https://video.example",
    "secret": "omnireel",
    "bucket": {"name": "videos"},
}
MOST: dict[str, Any] = {
    **LEAST,
    "bucket": {"name": "videos", "prefix": "a", "endpoint": "https://s3.example", "region": "eu-1"},
    "imagePullSecrets": [{"name": "pull"}],
    "settings": {
        "retention_days": 3,
        "sandbox": "auto",
        "engines": {"fast": {"kind": "studio"}},
        "strict": True,
    },
    "serviceAccount": {"annotations": {"role": "bucket"}},
    "api": {
        "autoscaling": {"enabled": True},
        "ingress": {"enabled": True, "host": "video.example", "tlsSecret": "tls", "className": "nginx"},
        "nodeSelector": {"a": "b"},
        "tolerations": [{"operator": "Exists"}],
        "podAnnotations": {"a": "b"},
    },
    "worker": {"gpus": 1, "autoscaling": {"enabled": True}, "nodeSelector": {"a": "b"}},
    "metrics": {"podMonitor": True},
}
RAY: dict[str, Any] = {
    **LEAST,
    "ray": {
        "enabled": True,
        "groups": [{"name": "gpu", "maxReplicas": 3, "gpus": 2, "resources": {"limits": {"cpu": "4"}}}],
    },
}
EVERY = {"least": LEAST, "most": MOST, "ray": RAY}
# Of other projects: Kubernetes has no schema for them.
FOREIGN = {"PodMonitor", "RayCluster", "ScaledObject", "TriggerAuthentication"}

Thing = dict[str, Any]


class Chart:
    """The chart rendered with some values."""

    def __init__(self, tools: Tools, folder: Path, values: dict[str, Any]) -> None:
        self.file = folder / "rendered.yaml"
        (folder / "values.yaml").write_bytes(msgspec.yaml.encode(values))
        self._words = (CHART, "--values", folder / "values.yaml")
        self.linted = tools.run("helm", "lint", "--strict", *self._words)
        self.rendered = tools.run("helm", "template", "trial", "--namespace", "video", *self._words)
        self.file.write_text(self.rendered.stdout)

    @property
    def things(self) -> list[Thing]:
        assert self.rendered.returncode == 0, self.rendered.stderr
        found = [
            msgspec.yaml.decode(part) for part in re.split("^---\n", self.rendered.stdout, flags=re.MULTILINE)
        ]
        return [thing for thing in found if thing]

    def one(self, kind: str, end: str = "") -> Thing:
        (found,) = (
            thing
            for thing in self.things
            if thing["kind"] == kind and thing["metadata"]["name"].endswith(end)
        )
        return found

    def pods(self) -> Iterator[tuple[str, Thing]]:
        """What every pod is to be, by what makes it."""
        for thing in self.things:
            if thing["kind"] in ("Deployment", "Job"):
                yield thing["metadata"]["name"], thing["spec"]["template"]["spec"]
            if thing["kind"] == "RayCluster":
                groups = [thing["spec"]["headGroupSpec"], *thing["spec"]["workerGroupSpecs"]]
                yield from ((group.get("groupName", "head"), group["template"]["spec"]) for group in groups)


@pytest.fixture(params=EVERY)
def chart(request: pytest.FixtureRequest, tools: Tools, tmp_path: Path) -> Chart:
    return Chart(tools, tmp_path, EVERY[request.param])


def containers(pod: Thing) -> list[Thing]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def test_helm_has_nothing_to_say(chart: Chart) -> None:
    assert chart.linted.returncode == 0, chart.linted.stdout
    assert "[WARNING]" not in chart.linted.stdout
    assert chart.rendered.stderr == ""


def test_everything_fits_the_schemas_of_kubernetes(chart: Chart, tools: Tools, tmp_path: Path) -> None:
    ours = [thing for thing in chart.things if thing["kind"] not in FOREIGN]
    assert {"Deployment", "Service", "ConfigMap", "Job", "NetworkPolicy", "PodDisruptionBudget"} <= {
        thing["kind"] for thing in ours
    }
    for version in ("1.31", "1.36"):
        file = tmp_path / "ours.yaml"
        file.write_bytes(b"---\n".join(msgspec.yaml.encode(thing) for thing in ours))
        judged = tools.run("kubernetes-validate", "--strict", "--version", version, file)
        assert judged.returncode == 0, judged.stdout + judged.stderr


def test_every_pod_keeps_to_the_restricted_standard_and_cannot_write_to_its_image(chart: Chart) -> None:
    for name, pod in chart.pods():
        rights = pod["securityContext"]
        assert (rights["runAsNonRoot"], rights["runAsUser"]) == (True, 10001), name
        assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests" if name != "gpu" else "limits"], name


def test_nothing_of_ours_has_a_token_for_the_cluster(chart: Chart) -> None:
    # But the head of a Ray cluster, whose autoscaler asks for nodes.
    with_token = {name for name, pod in chart.pods() if pod.get("automountServiceAccountToken") is not False}
    assert with_token <= {"head"}


def settings_of(chart: Chart, pod: Thing, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a process in this pod reads; secrets come as `secret`."""
    (container,) = pod["containers"]
    given = dict(chart.one("ConfigMap")["data"]) if "envFrom" in container else {}
    for variable in container["env"]:
        given[variable["name"]] = variable.get("value", "postgresql://secret@host/name")
    with monkeypatch.context() as environment:
        for name, value in given.items():
            environment.setenv(name, value)
        settings = Settings()
    named = {name for name in given if name.startswith("OMNIREEL_")}
    assert {f"OMNIREEL_{field.upper()}" for field in settings.model_fields_set} == named
    return settings


def test_settings_are_good_and_pods_have_the_time_to_stop(
    chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    for name, pod in chart.pods():
        if name == "head":
            continue
        seen[name] = settings = settings_of(chart, pod, monkeypatch)
        if "terminationGracePeriodSeconds" in pod and name.startswith("trial"):
            needed = settings.linger_seconds + settings.drain_seconds + settings.stop_grace_seconds
            assert needed < pod["terminationGracePeriodSeconds"]
    assert seen["trial-omnireel-api"].public_url == "https://video.example"


def test_settings_of_any_kind_arrive_as_they_are(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = Chart(tools, tmp_path, MOST)
    pods = dict(chart.pods())
    settings = settings_of(chart, pods["trial-omnireel-worker"], monkeypatch)
    assert (settings.retention_days, settings.sandbox, settings.strict) == (3, "auto", True)
    assert settings.engines["fast"].kind == "studio"
    assert (settings.s3_prefix, settings.s3_region) == ("a", "eu-1")


def test_only_the_migrations_know_the_owner_of_the_tables(chart: Chart) -> None:
    keys = {
        name: {
            variable["valueFrom"]["secretKeyRef"]["key"]
            for container in containers(pod)
            for variable in container["env"]
            if "valueFrom" in variable
        }
        for name, pod in chart.pods()
    }
    assert keys.pop("trial-omnireel-migrations") == {"owner-database"}
    assert all("owner-database" not in named for named in keys.values())
    # What a node of the Ray cluster has, a model's code may come to have.
    assert all("database" not in keys[name] for name in keys.keys() & {"head", "gpu"})


def test_the_migrations_come_first(chart: Chart) -> None:
    job = chart.one("Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # Nothing of the chart is there yet.
    pod = job["spec"]["template"]["spec"]
    assert "serviceAccountName" not in pod
    assert all("envFrom" not in container for container in pod["containers"])


def test_what_containers_run_is_understood(chart: Chart) -> None:
    for name, pod in chart.pods():
        if name.startswith("trial"):
            (container,) = pod["containers"]
            assert understood(container["args"]), container["args"]


def test_selectors_find_their_pods(chart: Chart) -> None:
    labels = [
        thing["spec"]["template"]["metadata"]["labels"]
        for thing in chart.things
        if thing["kind"] == "Deployment"
    ]
    for thing in chart.things:
        if thing["kind"] in ("Service", "PodDisruptionBudget"):
            selector = thing["spec"]["selector"].get("matchLabels", thing["spec"]["selector"])
            assert sum(selector.items() <= found.items() for found in labels) == 1, thing["metadata"]["name"]


@pytest.mark.parametrize("trigger", ["postgresql", "prometheus"])
def test_workers_are_as_many_as_tasks_ask_for(tools: Tools, tmp_path: Path, trigger: str) -> None:
    chart = Chart(
        tools,
        tmp_path,
        LEAST | {"worker": {"slots": 3, "autoscaling": {"enabled": True, "trigger": trigger}}},
    )
    scaled = chart.one("ScaledObject")["spec"]
    assert "replicas" not in chart.one("Deployment", "-worker")["spec"]
    assert scaled["scaleTargetRef"]["name"] == chart.one("Deployment", "-worker")["metadata"]["name"]
    (found,) = scaled["triggers"]
    assert found["metadata"].get("targetQueryValue", found["metadata"].get("threshold")) == "3"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"publicUrl": "video.example"}, "publicUrl"),
        ({"secret": ""}, "secret"),
        ({"settings": {"database": "x"}}, "database"),
        ({"worker": {"slots": 0}}, "slots"),
        ({"worker": {"autoscaling": {"trigger": "cron"}}}, "trigger"),
        ({"apii": {}}, "apii"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(
    tools: Tools, tmp_path: Path, wrong: dict[str, Any], named: str
) -> None:
    rendered = Chart(tools, tmp_path, LEAST | wrong).rendered
    assert rendered.returncode != 0
    assert named in rendered.stderr


def test_a_ray_cluster_is_closed_to_whoever_has_no_token(tools: Tools, tmp_path: Path) -> None:
    chart = Chart(tools, tmp_path, RAY)
    for name, pod in chart.pods():
        if name in ("head", "gpu", "trial-omnireel-worker"):
            for container in containers(pod):
                named = {variable["name"]: variable for variable in container["env"]}
                assert named["RAY_AUTH_MODE"]["value"] == "token"
                assert named["RAY_AUTH_TOKEN"]["valueFrom"]["secretKeyRef"]["key"] == "ray-token"
    (within, operator) = chart.one("NetworkPolicy", "-ray")["spec"]["ingress"]
    assert "namespaceSelector" not in within["from"][0]
    assert operator["ports"] == [{"port": 8265, "protocol": "TCP"}]
    cluster = chart.one("RayCluster")["spec"]
    assert cluster["headGroupSpec"]["serviceType"] == "ClusterIP"
    assert cluster["workerGroupSpecs"][0]["template"]["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "4",
        "nvidia.com/gpu": 2,
    }
    assert "nvidia.com/gpu" not in str(chart.one("Deployment", "-worker"))


@pytest.mark.system
def test_probes_ask_for_what_a_server_answers(tools: Tools, tmp_path: Path) -> None:
    chart = Chart(tools, tmp_path, LEAST)
    paths = dict[int, set[str]]()
    for pod in dict(chart.pods()).values():
        for container in pod["containers"]:
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            for probe in (probe for name, probe in container.items() if name.endswith("Probe")):
                paths.setdefault(ports[probe["httpGet"]["port"]], set()).add(probe["httpGet"]["path"])
    assert paths == {8000: {"/healthz", "/readyz?exclude=worker"}, 9464: {"/metrics"}}
    folder = tmp_path / "server"
    folder.mkdir()
    with (
        real_server(
            folder, "--workers", "0", OMNIREEL_METRICS_PORT="0", OMNIREEL_LOG_FORMAT="json"
        ) as server,
        closing(httpx2.Client(trust_env=False, base_url=server.origin)) as client,
    ):
        assert {client.get(path).status_code for path in paths[8000]} == {200}
        assert client.get("/readyz").status_code == 503
