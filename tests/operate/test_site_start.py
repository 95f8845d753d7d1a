"""The site as gunicorn starts it: what does not fit ends it with one sentence, and a database that is away does not."""

import http.client
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.commands.processes import ROOT, environment
from tests.ports import free_port
from tests.workers.processes import wait_until

SERVE = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "intacct_usage.wsgi:application"]
pytestmark = pytest.mark.slow


def serve(port: int = 0, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *SERVE, "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answer(port: int, path: str) -> int:
    """The status of an answer; 0 if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def ended(site: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        told, _ = site.communicate(timeout=180)
    finally:
        site.kill()
    return site.returncode, told


def test_a_refused_setting_is_one_sentence_and_not_tried_again() -> None:
    code, told = ended(serve(SECRET_KEY="short"))

    assert code == 4
    assert told.count("The site does not start: SECRET_KEY is too short: 32 characters at least.") == 1
    assert "Traceback" not in told


def test_a_database_of_a_newer_version_is_not_served(transactional_db: None) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("usage", "9999_from_the_future")
    try:
        code, told = ended(serve())
    finally:
        recorder.record_unapplied("usage", "9999_from_the_future")

    assert code == 4
    assert "The site does not start: The database was made by a newer version of this program" in told
    assert "Traceback" not in told


def test_a_database_that_is_away_does_not_keep_the_site_from_starting(tmp_path: Path) -> None:
    port = free_port()
    site = serve(port, database="postgres://nobody:x@127.0.0.1:1/nothing", DATA_DIR=str(tmp_path))

    try:
        wait_until(lambda: answer(port, "/healthz") == 200 or site.poll() is not None, 60)
        answers = [answer(port, path) for path in ("/healthz", "/readyz", "/accounts/login/")]
    finally:
        site.terminate()
        _, told = ended(site)

    assert answers == [200, 503, 503], told
