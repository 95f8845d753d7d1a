"""Builds, starts, asks, backs up, restarts and stops everything once; the first thing that fails ends the walk."""

import argparse
import ctypes
import http.client
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from bench.containers.image import ROOT, Image, build, overlay, say
from bench.containers.services import COMPOSE, Service, until

NEW_NETWORK = 0x40000000
POSTGRES = "postgres"


def make_secrets(work: Path) -> Path:
    (work / "checkout").mkdir()
    shutil.copy2(ROOT / "deploy" / "make-secrets", work / "checkout" / "make-secrets")
    for _ in range(2):
        subprocess.run([str(work / "checkout" / "make-secrets")], check=True)
    return work / "checkout" / "secrets"


def leave_the_network() -> None:
    """From here on there is nothing but the loopback interface, so ports are free and nobody else can be reached."""
    assert ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) == 0
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def database_image(work: Path, entrypoint: Path | None) -> Image:
    """In place of the PostgreSQL image: its entrypoint if given, and this machine's PostgreSQL."""
    [programs] = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    image = Image(overlay(work, "database"))
    image.environment["PATH"] = f"{programs}:{image.environment['PATH']}"
    image.environment |= {"PGDATA": "/var/lib/postgresql/data", "PG_MAJOR": programs.parent.name}
    script = image.root / "usr/local/bin/docker-entrypoint.sh"
    if entrypoint is not None:
        shutil.copy(entrypoint, script)
    else:
        script.write_text(PLAIN_ENTRYPOINT)
    script.chmod(0o755)
    image.command = ["docker-entrypoint.sh", "postgres", "-c", "listen_addresses=*"]
    return image


PLAIN_ENTRYPOINT = """#!/bin/bash
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    eval "initdb --username=postgres --pwfile='$POSTGRES_PASSWORD_FILE' $POSTGRES_INITDB_ARGS" >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start >/dev/null
    . /docker-entrypoint-initdb.d/10-intacct-usage.sh
    pg_ctl -w -m fast stop >/dev/null
fi
exec "$@"
"""


class Installation:
    """All services of compose.yaml."""

    def __init__(self, work: Path, image: Image, database: Image) -> None:
        secrets = make_secrets(work)
        volumes = {name: work / "volumes" / name for name in COMPOSE["volumes"]}
        for folder in volumes.values():
            folder.mkdir(parents=True)
        shutil.chown(volumes["data"], 10001, 10001)  # a new volume takes owner and mode of the image's folder
        volumes["data"].chmod(0o700)
        shutil.chown(volumes["database"], POSTGRES, POSTGRES)
        identity = pwd.getpwnam(POSTGRES)
        user = f"{identity.pw_uid}:{identity.pw_gid}"
        self.database = Service("database", database, volumes, secrets, user)
        self.prepare, self.web, self.worker = (
            Service(name, image, volumes, secrets, image.user) for name in ("prepare", "web", "worker")
        )
        self.health_check = image.health_check
        for root in (image.root, database.root):
            (root / "etc/hosts").write_text("127.0.0.1 localhost database\n")

    def start(self) -> None:
        say("== database")
        self.database.start()
        self.database.until_healthy(self.database.words["healthcheck"]["test"][1:])
        say("== prepare: migrations, static files, the first administrator's token")
        self.prepare.run()
        say("== web and worker")
        self.web.start()
        self.worker.start()
        self.web.until_healthy(self.health_check)
        self.worker.until_healthy(self.worker.words["healthcheck"]["test"][1:])
        until(lambda: self.status("/readyz") == 200, "/readyz answers 200")

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
        connection.request("GET", path)
        return connection.getresponse().status

    def stop(self) -> None:
        for service, number in (
            (self.web, signal.SIGTERM),
            (self.worker, signal.SIGTERM),
            (self.database, signal.SIGINT),
        ):
            say(f"  {service.name} ended after {service.stop(number):.1f} s")
            service.processes.clear()


def walk(work: Path, entrypoint: Path | None) -> None:
    say("== Dockerfile")
    image = build(work)
    leave_the_network()
    say("== deploy/make-secrets, twice")
    installation = Installation(work, image, database_image(work, entrypoint))
    installation.start()
    assert installation.status("/accounts/login/") == 200
    say("== a backup by the worker's container, and the checks of an upgrade")
    installation.worker.run(["script/backup", "/data/backups"])
    for command in ("check_secrets", "verify_data", "prune"):
        installation.web.run(["python", "manage.py", command])
    say("== nothing can be written but the volume and /tmp")
    installation.web.run(["sh", "-c", "touch /data/x /tmp/x && rm /data/x && ! touch /app/x /opt/venv/x /x"])
    installation.web.run(["sh", "-c", "! cat /etc/shadow"])
    say("== stop and start again")
    installation.stop()
    installation.start()
    installation.stop()
    left = (work / "volumes" / "data").iterdir()
    say(f"  in the volume: {', '.join(sorted(path.name for path in left))}")
    say("== Every step was carried out.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/walk-containers")
    parser.add_argument("--postgres-entrypoint", type=Path, help="docker-entrypoint.sh of the PostgreSQL image")
    options = parser.parse_args()
    os.umask(0o022)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    work = Path(tempfile.mkdtemp(prefix="walk-", dir="/var/tmp"))
    try:
        walk(work, options.postgres_entrypoint)
    finally:
        for root in work.glob("*/root"):
            subprocess.run(["umount", "--recursive", "--lazy", str(root)], check=False)
        shutil.rmtree(work, ignore_errors=True)


main()
