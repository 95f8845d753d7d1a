"""Environment of the test run, set before Django reads its settings (loaded by `-p tests.environment`).

Each run has a data directory of its own, removed when the run ends; pytest-xdist's workers inherit it.
`TEST_DATABASE_URL` repeats the database-bound tests on another database; without it SQLite is used.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEST_ENCRYPTION_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

if "PYTEST_XDIST_WORKER" not in os.environ:
    data_dir = tempfile.mkdtemp(prefix="intacct-usage-tests-")
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["DATA_DIR"] = data_dir
    (Path(data_dir) / "static").mkdir()  # where whitenoise looks; empty, without `collectstatic`
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
    if not os.environ["DATABASE_URL"]:
        del os.environ["DATABASE_URL"]

os.environ["DJANGO_SETTINGS_MODULE"] = "intacct_usage.settings"
os.environ["SECRET_KEY"] = "tests-only-secret-key-tests-only-secret-key-tests-only-secret-key"
os.environ["ENCRYPTION_KEY"] = TEST_ENCRYPTION_KEY
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["SITE_URL"] = "http://testserver"
os.environ["TIME_ZONE"] = "Europe/London"
os.environ["DEBUG"] = "false"
os.environ["LOG_TO_DATABASE"] = "false"  # tests that read the people's log attach its handler themselves
os.environ["LOG_FORMAT"] = "text"
for name in (
    *("INTACCT_ENDPOINT_URL", "GRAPH_BASE_URL", "GRAPH_LOGIN_URL", "OUTBOUND_ALLOW", "EXTRA_CA_FILE"),
    "EMAIL_RECIPIENT_DOMAINS",
):
    os.environ.pop(name, None)
