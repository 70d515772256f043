"""What is shipped around the code fits the code: images, compose, Kubernetes, Prometheus."""

import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from tianfu import __version__
from tianfu.cli import app as command_line
from tianfu.serving.api.operations import open_router
from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings

HOUSE = Path(__file__).parents[2]
KUBERNETES = HOUSE / "deploy" / "kubernetes"
KNOWN = {f"TIANFU_{name.upper()}" for name in ServiceSettings.model_fields}

WORKS = {
    "tianfu-serve": False,
    "serve-1": False,
    "serve-2": False,
    "upgrade": False,
    "worker": True,
}
"""What is said about indexing; `tianfu worker` indexes anyway."""


def documents() -> list[dict[str, Any]]:
    found = []
    for file in sorted(KUBERNETES.glob("*.yaml")):
        found += [document for document in yaml.safe_load_all(file.read_text()) if document]
    return found


def of_kind(*kinds: str) -> dict[str, Any]:
    return {d["metadata"]["name"]: d for d in documents() if d["kind"] in kinds}


def compose() -> Any:
    return yaml.safe_load((HOUSE / "compose.yaml").read_text())


def pods() -> dict[str, Any]:
    """Every pod template by the name of what makes it."""
    made = {name: d["spec"]["template"] for name, d in of_kind("Deployment", "Job").items()}
    by_the_clock = of_kind("CronJob").items()
    return made | {name: d["spec"]["jobTemplate"]["spec"]["template"] for name, d in by_the_clock}


def containers(pod: Any) -> list[Any]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def environment(container: Any) -> dict[str, str]:
    """What a container is told, from wherever it comes."""
    told = {}
    for source in container["envFrom"]:
        ((how, ref),) = source.items()
        named = of_kind({"configMapRef": "ConfigMap", "secretRef": "Secret"}[how])[ref["name"]]
        told.update(named.get("data") or named["stringData"])
    return {**told, **{row["name"]: row["value"] for row in container.get("env", ())}}


def stages() -> dict[str, list[str]]:
    """Lines of the Dockerfile by stage, in their order; continued lines are joined."""
    text = (HOUSE / "Dockerfile").read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {"": []}
    for line in text.splitlines():
        if begin := re.match(r"FROM (\S+) AS (\w+)$", line):
            found[begin[2]] = [line]
        elif line and not line.startswith("#"):
            found[next(reversed(found))].append(line)
    return found


def copied() -> Iterator[str]:
    for line in (line for lines in stages().values() for line in lines):
        words = line.split()
        if words[0] == "COPY" and not words[1].startswith("--from"):
            yield from words[1:-1]


def test_every_setting_that_is_named_exists() -> None:
    files = [HOUSE / "Dockerfile", HOUSE / "compose.yaml", *KUBERNETES.glob("*.yaml")]
    assert len(files) > 8
    for file in files:
        assert set(re.findall(r"\bTIANFU_[A-Z_]+", file.read_text())) <= KNOWN, file.name


def test_what_containers_are_told_is_taken_by_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {name: environment(part) for name, pod in pods().items() for part in containers(pod)}
    told |= {
        name: part["environment"] for name, part in compose()["services"].items() if "tianfu" in part["image"]
    }
    assert {"tianfu-serve", "tianfu-worker", "tianfu-migrate", "serve-1", "serve-2", "worker"} <= set(told)
    for name, variables in told.items():
        with monkeypatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            settings = ServiceSettings()
        assert settings.database_url.startswith("postgresql+psycopg://"), name
        assert settings.worker is WORKS.get(name), name


def test_every_command_that_is_called_exists() -> None:
    called = [part["command"] for pod in pods().values() for part in containers(pod)]
    written = [part.get("command", ()) for part in compose()["services"].values()]
    called += [words for words in written if "tianfu" in words]
    called.append(["tianfu", "serve"])
    for name, *words in called:
        assert name == "tianfu"
        command: Any = typer.main.get_command(command_line)
        given = iter(words)
        for word in given:
            if word.startswith("--"):
                options = {option: p for p in command.params for option in p.opts}
                assert word in options, words
                if not options[word].is_flag:
                    next(given)
            else:
                assert word in command.commands, words
                command = command.commands[word]
        assert not hasattr(command, "commands"), words


def test_probes_ask_what_answers() -> None:
    answers = {
        getattr(route, "path", "") for route in (*create_app(ServiceSettings()).routes, *open_router.routes)
    }
    assert {"/healthz", "/readyz", "/metrics"} <= answers
    for name, deployment in of_kind("Deployment").items():
        (part,) = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in part["ports"]}
        told = environment(part)
        probes = {kind: part[kind] for kind in part if kind.endswith("Probe")}
        assert {"startupProbe", "livenessProbe"} <= set(probes)
        serves = part["command"] == ["tianfu", "serve"]
        heard = told["TIANFU_PORT"] if serves else told["TIANFU_METRICS_PORT"]
        for probe in probes.values():
            asked = probe["httpGet"] if serves else probe["tcpSocket"]
            assert str(ports[asked["port"]]) == heard
            assert not serves or asked["path"] in answers
        assert ("readinessProbe" in probes) == (name == "tianfu-serve")
    serve = of_kind("Deployment")["tianfu-serve"]["spec"]["template"]["spec"]["containers"][0]
    # A database away must restart nobody, and must not keep readers from feeds out of memory.
    assert serve["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert serve["livenessProbe"]["httpGet"]["path"] == "/healthz"
    checks = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", (HOUSE / "Dockerfile").read_text())
    assert checks == [("8000", "/readyz")]


def test_a_replica_goes_on_answering_while_endpoints_still_name_it() -> None:
    serve = of_kind("Deployment")["tianfu-serve"]["spec"]
    pod = serve["template"]["spec"]
    (part,) = pod["containers"]
    sleep, seconds = part["lifecycle"]["preStop"]["exec"]["command"]
    assert sleep == "sleep"
    # Of the grace period enough is left to write what waits.
    assert 0 < int(seconds) <= pod["terminationGracePeriodSeconds"] - 20
    assert serve["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("name", sorted(pods()))
def test_pods_run_as_nobody_and_can_write_nowhere_but_to_their_volumes(name: str) -> None:
    pod = pods()[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    volumes = {volume["name"] for volume in pod["volumes"]}
    for part in containers({"spec": pod}):
        context = part["securityContext"]
        assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
        assert context["capabilities"]["drop"] == ["ALL"]
        assert "memory" in part["resources"]["limits"]
        assert {mount["name"] for mount in part["volumeMounts"]} <= volumes
        assert {"/data", "/tmp"} <= {mount["mountPath"] for mount in part["volumeMounts"]}


def test_backups_hold_the_models_of_the_cluster_and_go_to_a_volume_of_their_own() -> None:
    job = of_kind("CronJob")["tianfu-backup"]["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    assert len(job["schedule"].split()) == 5
    pod = pods()["tianfu-backup"]["spec"]
    (part,) = pod["containers"]
    claims = {
        v["name"]: v["persistentVolumeClaim"]["claimName"]
        for v in pod["volumes"]
        if "persistentVolumeClaim" in v
    }
    mounts = {mount["mountPath"]: mount for mount in part["volumeMounts"]}
    assert set(claims.values()) <= set(of_kind("PersistentVolumeClaim"))
    serving = pods()["tianfu-serve"]["spec"]["containers"][0]["volumeMounts"]
    (models,) = [mount["mountPath"] for mount in serving if mount["name"] == "models"]
    assert (claims[mounts[models]["name"]], mounts[models]["readOnly"]) == ("tianfu-models", True)
    assert f"{environment(part)['TIANFU_DATA_DIR']}/models" == models
    folder = part["command"][part["command"].index("--to") + 1]
    assert claims[mounts[folder]["name"]] == "tianfu-backups"
    # pg_dump is in the image, and a retry makes a second file rather than none.
    assert "postgresql-client" in " ".join(stages()["serve"])


def test_only_the_migration_knows_the_owner() -> None:
    for name, pod in pods().items():
        assert ("tianfu-owner" in str(pod)) == (name == "tianfu-migrate")


def test_selectors_find_their_pods_and_every_file_is_applied() -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods().items()}

    def found(selector: dict[str, str]) -> set[str]:
        return {name for name, has in labels.items() if selector.items() <= has.items()}

    assert found(of_kind("Service")["tianfu"]["spec"]["selector"]) == {"tianfu-serve"}
    budget = of_kind("PodDisruptionBudget")["tianfu-serve"]["spec"]
    assert found(budget["selector"]["matchLabels"]) == {"tianfu-serve"}
    assert budget["minAvailable"] < of_kind("Deployment")["tianfu-serve"]["spec"]["replicas"]
    policies = of_kind("NetworkPolicy")
    assert found(policies["tianfu"]["spec"]["podSelector"]["matchLabels"]) == set(labels)
    for name in ("tianfu-serve", "tianfu-worker"):
        spec = policies[name]["spec"]
        assert found(spec["podSelector"]["matchLabels"]) == {name}
        (part,) = pods()[name]["spec"]["containers"]
        assert spec["ingress"][0]["ports"] == [{"protocol": "TCP", "port": part["ports"][0]["containerPort"]}]
    listed = set(yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"])
    there = {file.name for file in KUBERNETES.glob("*.yaml")}
    assert there - listed == {"kustomization.yaml", "secret.example.yaml"}
    assert listed <= there


def test_images_have_a_version_and_ours_is_this_one() -> None:
    images = [part["image"] for pod in pods().values() for part in containers(pod)]
    images += [part["image"] for part in compose()["services"].values()]
    (rename,) = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["images"]
    images += [f"{rename['name']}:{rename['newTag']}"]
    text = (HOUSE / "Dockerfile").read_text()
    images += re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", text, re.MULTILINE)
    assert len(images) > 8
    for image in images:
        name, _, tag = image.partition(":")
        assert re.match(r"v?\d+\.\d+", tag), image
        assert name != "tianfu" or tag == __version__


def test_what_the_images_copy_is_there_and_not_ignored() -> None:
    ignored = (HOUSE / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    wanted = set(copied())
    for name in wanted:
        assert (HOUSE / name).exists(), name
        assert any(fnmatch.fnmatch(name.split("/")[0], pattern) for pattern in let_in), name
    links = {link.resolve().name for link in (HOUSE / "src" / "tianfu").iterdir() if link.is_symlink()}
    assert links <= wanted


def test_the_image_that_serves_has_no_torch_and_neither_runs_as_root() -> None:
    found = stages()
    assert next(reversed(found)) == "serve"
    for stage in ("serve", "train"):
        assert found[stage][0] == f"FROM base AS {stage}"
        users = [line for line in found[stage] if line.startswith("USER ")]
        assert users == ["USER 10001:10001"]
        last_run = max(n for n, line in enumerate(found[stage]) if line.startswith(("RUN", "USER")))
        assert found[stage][last_run] == users[0]
    serving = " ".join(found["serve"] + found["wheel"] + found["base"])
    assert "COPY --from=wheel /opt/tianfu /opt/tianfu" in found["serve"]
    assert any(line.startswith("HEALTHCHECK") for line in found["serve"])
    assert "dev.lock" not in serving
    assert not re.search(r"\[[^\]]*\b(train|dev)\b", serving)
    assert "torch==" not in (HOUSE / "requirements" / "serve.lock").read_text()
    assert "requirements/dev.lock" in " ".join(found["train"])


def test_compose_upgrades_first_and_prometheus_asks_everybody() -> None:
    services = compose()["services"]
    for name in ("serve-1", "serve-2", "worker"):
        assert services[name]["depends_on"]["upgrade"] == {"condition": "service_completed_successfully"}
        assert (services[name]["read_only"], services[name]["cap_drop"]) == (True, ["ALL"])
        assert "models:/data/models" in services[name]["volumes"]
    assert len({services[name]["volumes"][0] for name in ("serve-1", "serve-2", "worker")}) == 3
    config = yaml.safe_load((HOUSE / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    port = services["worker"]["environment"]["TIANFU_METRICS_PORT"]
    assert job["static_configs"] == [{"targets": ["serve-1:8000", "serve-2:8000", f"worker:{port}"]}]
    mounted = {Path(line.split(":")[0]).name for line in services["prometheus"]["volumes"] if line[0] == "."}
    assert {"prometheus.yml", *config["rule_files"]} == mounted
    for line in services["prometheus"]["volumes"][:2]:
        assert (HOUSE / line.split(":")[0]).is_file()
    published = [port for part in services.values() for port in part.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert set(compose()["volumes"]) >= {
        line.split(":")[0] for part in services.values() for line in part.get("volumes", ()) if line[0] != "."
    }
