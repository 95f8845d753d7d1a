# The product in one image: the site by default, the worker with the command `python manage.py worker`.
# The base is pinned by version; whoever builds for production pins the digest as well:
#   docker build --build-arg PYTHON_IMAGE=python:3.11.14-slim-trixie@sha256:... .
ARG PYTHON_IMAGE=python:3.11.14-slim-trixie

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
       --only-binary :all: --requirement requirements.txt

FROM ${PYTHON_IMAGE} AS product
# pg_dump and pg_restore for backups; Debian 13 has version 17, which serves PostgreSQL up to 17.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 usage \
    && useradd --system --uid 10001 --gid usage --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin usage \
    && install --directory --owner=usage --group=usage --mode=0700 /data
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py pyproject.toml ./
COPY intacct_usage ./intacct_usage
COPY usage ./usage
COPY notifications ./notifications
COPY scheduling ./scheduling
COPY templates ./templates
COPY script/backup ./script/backup
COPY deploy/gunicorn.conf.py deploy/healthcheck.py ./deploy/
# The root is read-only when it runs, so the byte code is made now.
RUN python -m compileall -q /app
ARG COMMIT=
RUN printf '%s\n' "$COMMIT" >COMMIT
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "intacct_usage.wsgi:application"]
