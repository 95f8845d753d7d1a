"""The headers of every kind of answer, graded by the engine of the MDN HTTP Observatory: `script/bench headers`.

The site runs as in production behind a proxy that ends TLS (gunicorn, https in SITE_URL); answers are fetched over
loopback. The engine is a package of npm: it is installed into var/observatory once, or `--engine` names its folder.
Exits with 1 if a grade is below A+ or a score below 130.
"""

import argparse
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.place import PYTHON, ROOT, Place, place

PACKAGE = "@mdn/mdn-http-observatory@1.4.8"
HOST = "usage.example.com"
LOWEST = 130
PEOPLE = """
from django.contrib.auth.models import User
from django.test import Client
for name in ("root", "nobody"):
    client = Client()
    client.force_login(User.objects.create_user(name, is_superuser=name == "root", is_staff=name == "root"))
    print(name, client.cookies["__Host-sessionid"].value)
"""
BREAK = "from django.db import connection; connection.cursor().execute('DROP TABLE usage_queryfilter')"

Answer = dict[str, object]


def engine(named: str) -> Path:
    folder = Path(named).resolve() if named else _installed()
    preloaded = folder / "conf" / "hsts-preload.json"
    if not preloaded.exists():  # the engine would fetch it: no name counts as preloaded
        preloaded.write_text("{}", encoding="utf-8")
    return folder


def _installed() -> Path:
    home = ROOT / "var" / "observatory"
    folder = home / "node_modules" / "@mdn" / "mdn-http-observatory"
    if not folder.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm") or sys.exit("npm is needed to install the engine; or name its folder with --engine.")
        subprocess.run([npm, "install", "--ignore-scripts", "--silent", "--prefix", str(home), PACKAGE], check=True)
    return folder


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def site(made: Place) -> Iterator[int]:
    """The site on a port of loopback, as the installation guide serves it."""
    port = free_port()
    command = [PYTHON, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "intacct_usage.wsgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env={**made.environment, "PORT": str(port)})
    try:
        for _ in range(600):
            try:
                fetch(port, "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def fetch(
    port: int, path: str, *, cookie: str = "", host: str = HOST, method: str = "GET", plain: bool = False
) -> tuple[int, list[tuple[str, str]], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": host, "Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "identity"}
    headers |= {} if plain else {"X-Forwarded-Proto": "https"}
    headers |= {"Cookie": f"__Host-sessionid={cookie}"} if cookie else {}
    headers |= (
        {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"} if method != "GET" else {}
    )
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.getheaders(), body


def kinds(port: int, sessions: dict[str, str]) -> Iterator[tuple[str, int, str, dict[str, str]]]:
    """Name, expected status, address and what else is special about asking for it."""
    root, nobody = {"cookie": sessions["root"]}, {"cookie": sessions["nobody"]}
    styles = re.search(r'href="(/static/[^"]+\.css)"', fetch(port, "/accounts/login/")[2])
    yield "page", 200, "/", root
    yield "redirect to sign-in", 302, "/reports/", {}
    yield "bad request", 400, "/", {"host": "evil.example.com"}
    yield "not allowed", 403, "/reports/", nobody
    yield "not found", 404, "/no-such-page/", root
    yield "static file", 200, styles[1] if styles else "/static/", {}
    yield "download", 200, "/reports/download/summary.csv", root
    yield "sign-in", 200, "/accounts/login/", {}
    yield "administration", 200, "/admin/", root
    yield "failure", 500, "/configuration/", root


def asked(port: int, name: str, status: int, path: str, special: dict[str, str]) -> Answer:
    got, headers, body = fetch(port, path, **special)
    if got != status:
        sys.exit(f"{name}: {path} was answered with {got}, not {status}.")
    redirected, plain_headers, _ = fetch(port, path, plain=True, host=special.get("host", HOST))
    location = dict(plain_headers).get("Location", f"https://{HOST}{path}")
    cors = fetch(port, path, method="OPTIONS", **special)[1]
    return {
        "name": name,
        "url": f"https://{HOST}{path}",
        "plain": f"http://{HOST}{path}",
        "status": got,
        "headers": {key.lower(): value for key, value in headers if key.lower() != "set-cookie"},
        "cookies": [value for key, value in headers if key.lower() == "set-cookie"],
        "cors": {key.lower(): value for key, value in cors},
        "body": body,
        "redirected": {"status": redirected, "location": location},
    }


def answers() -> Iterator[Answer]:
    with place("sqlite") as made:
        made.environment |= {"SITE_URL": f"https://{HOST}", "ALLOWED_HOSTS": HOST, "DEBUG": "false"}
        made.manage("collectstatic", "--noinput", "--verbosity", "0")
        lines = made.manage("shell", "--no-imports", "-c", PEOPLE).splitlines()
        sessions = dict(line.split() for line in lines if line.startswith(("root ", "nobody ")))
        with site(made) as port:
            for name, status, path, special in kinds(port, sessions):
                if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    made.manage("shell", "--no-imports", "-c", BREAK)
                yield asked(port, name, status, path, special)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="", help="folder of the npm package @mdn/mdn-http-observatory")
    folder = engine(parser.parse_args().engine)
    node = shutil.which("node") or sys.exit("node is needed to run the engine.")
    sent = json.dumps(list(answers()))
    script = str(ROOT / "bench" / "observatory.mjs")
    graded = subprocess.run([node, script, str(folder)], input=sent, stdout=subprocess.PIPE, text=True, check=True)
    grades = json.loads(graded.stdout)
    for each in grades:
        failed = f"  not passed: {', '.join(each['failed'])}" if each["failed"] else ""
        sys.stdout.write(f"{each['status']}  {each['grade']:3}  {each['score']:4}  {each['name']}{failed}\n")
    if any(each["grade"] != "A+" or each["score"] < LOWEST for each in grades):
        sys.exit(1)


if __name__ == "__main__":
    main()
