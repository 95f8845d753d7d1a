"""How the site is served. Further options: GUNICORN_CMD_ARGS; more processes: WEB_CONCURRENCY (gunicorn reads both).

Behind a reverse proxy that is not on this machine, FORWARDED_ALLOW_IPS names its address (here, or in .env as for the
product itself): only then its X-Forwarded-Proto is believed.
"""

import os
from pathlib import Path

import environ

environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
threads = 8  # requests wait for the database most of the time
timeout = 60  # of the process's own sign of life, not of a request: long downloads are not cut off
graceful_timeout = 25  # downloads may end; less than the 30 s that systemd and containers wait
keepalive = 5
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1,::1"
backlog = 512
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # memory, for a read-only root
control_socket_disable = True  # nobody steers it from outside, and a read-only home has no place for the socket
umask = 0o077
accesslog = None  # the reverse proxy keeps one; the product logs what people do
loglevel = "warning"
