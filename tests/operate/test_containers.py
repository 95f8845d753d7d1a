"""Dockerfile and compose.yaml hold what makes them safe: pinned, unprivileged, read-only, with health checks."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.containers.services import filled
from tests.commands.processes import python
from tests.operate.test_operations_page import example

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("prepare", "web", "worker")
SET_OTHERWISE = {
    **dict.fromkeys(["SECRET_KEY", "ENCRYPTION_KEY", "DATABASE_URL", "METRICS_TOKEN"], "a file of deploy/secrets"),
    "DATA_DIR": "the volume, by the Dockerfile",
    "DEBUG": "never in a container",
    "LOG_FORMAT": "always json",
}
SHOW_SETTINGS = """
from django.conf import settings
names = set(dir(settings)) - {"SECRET_KEY", "ENCRYPTION_KEYS", "METRICS_TOKEN"}
print({name: str(getattr(settings, name)) for name in sorted(names) if name.isupper()})
"""
STEPS = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()


def steps(word: str) -> list[str]:
    return [line.removeprefix(f"{word} ") for line in STEPS if line.startswith(f"{word} ")]


def test_the_base_is_pinned_and_each_stage_uses_it() -> None:
    [base] = [line for line in steps("ARG") if line.startswith("PYTHON_IMAGE=")]

    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert {line.partition(" AS ")[0] for line in steps("FROM")} == {"${PYTHON_IMAGE}"}


def test_packages_are_installed_with_their_hashes() -> None:
    [install] = [line for line in steps("RUN") if "pip install" in line]

    assert {"--require-hashes", "--no-cache-dir"} <= set(install.split())


def test_it_runs_without_rights_and_checks_itself() -> None:
    assert steps("USER") == ["10001:10001"]
    assert steps("HEALTHCHECK")[0].endswith('CMD ["python", "deploy/healthcheck.py"]')
    assert steps("CMD")[0].startswith('["gunicorn"')  # not through a shell: it would swallow SIGTERM
    assert STEPS.index("USER 10001:10001") > max(number for number, line in enumerate(STEPS) if line.startswith("RUN"))


def test_everything_that_is_copied_exists_and_is_let_into_the_context() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = {path for line in steps("COPY") if "--from" not in line for path in line.split()[:-1]}

    assert sources == allowed
    assert all((ROOT / path).exists() for path in sources)


def test_nothing_else_is_let_into_the_context() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert lines[0] == "*"
    assert not any(word in line for line in lines for word in (".env", "secrets", "var"))


def test_the_volumes_are_found_from_any_folder() -> None:
    assert COMPOSE["name"] == "intacct-api-usage"


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_rights_and_a_read_only_root(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]
    assert service["stop_grace_period"] == "30s"
    assert "privileged" not in service


def test_no_secret_stands_in_the_environment() -> None:
    values = {name: value for service in SERVICES.values() for name, value in service.get("environment", {}).items()}
    secret = {name for name in values if re.search(r"KEY|PASSWORD|TOKEN|DATABASE_URL", name)}

    assert len(secret) == 5
    assert all(name.endswith("_FILE") and values[name].startswith("/run/secrets/") for name in secret)
    assert {Path(values[name]).name for name in secret} <= COMPOSE["secrets"].keys()


def test_every_setting_of_the_example_reaches_the_containers() -> None:
    passed = {name for name, value in SERVICES["web"]["environment"].items() if str(value).startswith(f"${{{name}:-")}

    assert example().keys() - passed == SET_OTHERWISE.keys()
    assert {"WEB_CONCURRENCY", "GUNICORN_CMD_ARGS", "KEEP_DAYS"} <= passed
    assert SERVICES["worker"]["environment"].keys() >= passed - {
        *("FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS")  # the site's alone
    }


def test_what_is_not_set_reaches_the_containers_as_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICES["web"]["environment"]:
        monkeypatch.delenv(name, raising=False)
    passed = {name: filled(value) for name, value in SERVICES["worker"]["environment"].items() if name in example()}

    in_container = python(SHOW_SETTINGS, **passed)

    assert in_container.returncode == 0, in_container.stderr
    assert "" in passed.values()
    assert in_container.stdout == python(SHOW_SETTINGS, LOG_FORMAT="json").stdout


def test_each_service_has_a_health_check_and_starts_when_it_can() -> None:
    assert SERVICES["worker"]["healthcheck"]["test"] == ["CMD", "python", "manage.py", "check_worker"]
    assert "pg_isready" in SERVICES["database"]["healthcheck"]["test"]
    assert SERVICES["prepare"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


def test_the_database_is_pinned_reachable_from_inside_only_and_kept() -> None:
    database = SERVICES["database"]

    assert re.fullmatch(r"postgres:\d+\.\d+-[a-z]+", database["image"])
    assert "ports" not in database
    assert database["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "database:/var/lib/postgresql/data" in database["volumes"]
    assert COMPOSE["volumes"].keys() == {"data", "database"}


def test_the_database_has_no_rights_and_a_read_only_root_either() -> None:
    database = SERVICES["database"]

    assert (database["user"], database["read_only"], database["cap_drop"]) == ("postgres", True, ["ALL"])
    assert [mount.partition(":")[0] for mount in database["tmpfs"]] == ["/tmp", "/var/run/postgresql"]  # noqa: S108


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_can_take_all_the_memory(name: str) -> None:
    assert SERVICES[name]["mem_limit"] == "${MEMORY_LIMIT:-1g}"


def test_the_site_listens_on_this_machine_only_unless_told() -> None:
    assert SERVICES["web"]["ports"] == ["${BIND:-127.0.0.1:8000}:8000"]


def test_secrets_are_made_once_and_are_what_the_product_takes(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "make-secrets"
    script.parent.mkdir()
    script.write_text((ROOT / "deploy" / "make-secrets").read_text(encoding="utf-8"))

    def read() -> dict[str, str]:
        subprocess.run(["sh", str(script)], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (script.parent / "secrets").iterdir()}

    first, second = read(), read()

    assert first == second
    assert first.keys() == COMPOSE["secrets"].keys()
    assert re.fullmatch(r"[\w-]{43}=", first["encryption_key"])
    assert first["database_url"] == f"postgres://intacct_usage:{first['database_password']}@database:5432/intacct_usage"
    assert len(set(first.values())) == len(first)
    assert (script.parent / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_database_role_of_the_product_may_do_nothing_else() -> None:
    words = (ROOT / "deploy" / "postgres-init.sh").read_text(encoding="utf-8")

    assert "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION" in words
    assert "REVOKE ALL ON DATABASE intacct_usage FROM PUBLIC" in words
