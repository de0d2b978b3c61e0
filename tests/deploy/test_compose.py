"""The compose file, as Docker Compose itself reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.commands import understood
from tests.deploy.tools import DEPLOY, Tools

from omnireel.settings import Settings

FILE = DEPLOY / "compose.yaml"
OURS = ("migrate", "server", "worker")


@pytest.fixture
def services(tools: Tools, tmp_path: Path) -> dict[str, Any]:
    example = (DEPLOY / "compose.env.example").read_text()
    (tmp_path / "env").write_text(example.replace("=\n", "=abcdef0123456789\n"))
    read = tools.run(
        "docker-compose", "--env-file", tmp_path / "env", "-f", FILE, "config", "--format", "json"
    )
    assert read.returncode == 0, read.stderr
    found: dict[str, Any] = json.loads(read.stdout)["services"]
    return found


def test_it_starts_with_nothing_that_is_not_said_in_the_env_file(tools: Tools) -> None:
    read = tools.run("docker-compose", "--env-file", "/dev/null", "-f", FILE, "config", "--quiet")
    assert read.returncode != 0
    for name in ("POSTGRES_PASSWORD", "OWNER_PASSWORD", "RUNTIME_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        assert f"required variable {name} is missing" in read.stderr


def test_ours_cannot_write_to_the_image_nor_gain_rights(services: dict[str, Any]) -> None:
    for name in OURS:
        service = services[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert understood(service["command"])


def test_their_settings_are_good(services: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        given = {
            key: value for key, value in services[name]["environment"].items() if key.startswith("OMNIREEL_")
        }
        with monkeypatch.context() as environment:
            for key, value in given.items():
                environment.setenv(key, value)
            settings = Settings()
        assert {f"OMNIREEL_{field.upper()}" for field in settings.model_fields_set} == given.keys()
        assert settings.linger_seconds + settings.drain_seconds < _seconds(services[name], settings)


def _seconds(service: dict[str, Any], settings: Settings) -> float:
    """How long Docker waits for it to stop; of what does not say, it does not matter."""
    grace = service.get("stop_grace_period")
    if grace is None:
        return float("inf")
    minutes, _, seconds = grace.removesuffix("s").rpartition("m")
    return int(minutes or 0) * 60 + int(seconds)


def test_only_the_migration_may_change_tables(services: dict[str, Any]) -> None:
    users = {
        name: services[name]["environment"]["OMNIREEL_DATABASE"].split("//")[1].split(":")[0] for name in OURS
    }
    assert users == {"migrate": "omnireel_owner", "server": "omnireel_runtime", "worker": "omnireel_runtime"}
    for name in ("server", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_nothing_is_offered_to_other_machines(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert {port["target"] for port in ports} == {8000, 8333}
