"""Settings of the project, all from the environment (`.env.example` lists every variable)."""

import sqlite3
import sys
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from intacct_usage.accounts.client_address import networks
from intacct_usage.accounts.entra_settings import parse_entra
from intacct_usage.lib import env
from intacct_usage.lib.crypto import generate_key, parse_keys
from intacct_usage.lib.mail_domains import parse_mail_domains
from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from intacct_usage.logs.configuration import is_service, logging_configuration

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_file(BASE_DIR / ".env")

# Commands that make a key or need no database must run before there is one.
RUNS_WITHOUT_SECRETS = len(sys.argv) > 1 and sys.argv[1] in {"generate_encryption_key", "simulator", "help"}
KEY_HINT = "Make one with `manage.py generate_encryption_key`; script/server writes a whole .env where there is none."

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = generate_key() if RUNS_WITHOUT_SECRETS else env.required_secret("SECRET_KEY", hint=KEY_HINT)
ENCRYPTION_KEYS = parse_keys(
    generate_key() if RUNS_WITHOUT_SECRETS else env.required_secret("ENCRYPTION_KEY", hint=KEY_HINT)
)
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(f"SECRET_KEY is too short: 32 characters at least. {KEY_HINT}")
if SECRET_KEY in ENCRYPTION_KEYS:
    raise ImproperlyConfigured(
        "SECRET_KEY and ENCRYPTION_KEY must differ: one signs sessions, the other keeps secrets."
    )

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must list the host names people use; “*” is refused.")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
if not SITE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("SITE_URL must begin with http:// or https://, for example https://usage.example.com.")
SERVED_OVER_HTTPS = SITE_URL.startswith("https://")
FORWARDED_ALLOW_IPS = env.names("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
try:
    networks(FORWARDED_ALLOW_IPS)
except ValueError as error:
    raise ImproperlyConfigured(f"FORWARDED_ALLOW_IPS must list addresses or networks: {error}.") from error

DATA_DIR = Path(env.text("DATA_DIR", "var"))
DATA_DIR = DATA_DIR if DATA_DIR.is_absolute() else BASE_DIR / DATA_DIR

INSTALLED_APPS = [
    "intacct_usage.apps.IntacctUsageConfig",
    "intacct_usage.logs.apps.LogsConfig",
    "intacct_usage.audit.apps.AuditConfig",
    "usage.apps.UsageConfig",
    "notifications.apps.NotificationsConfig",
    "scheduling.apps.SchedulingConfig",
    "intacct_usage.accounts.apps.AccountsConfig",
    "intacct_usage.api.apps.ApiConfig",
    "django_q",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "intacct_usage.logs.middleware.RequestIdMiddleware",
    "intacct_usage.accounts.client_address.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "intacct_usage.middleware.PageHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # below those: files carry the same headers as pages
    "intacct_usage.middleware.ProbesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "intacct_usage.accounts.activity.SessionActivityMiddleware",
    "intacct_usage.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "intacct_usage.audit.middleware.AuditMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "intacct_usage.middleware.ErrorPagesMiddleware",
]

ROOT_URLCONF = "intacct_usage.urls"
WSGI_APPLICATION = "intacct_usage.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "intacct_usage.context.shell",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

OLDEST_SQLITE = (3, 33)  # UPDATE … FROM
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a writer waits at BEGIN instead of failing half-way with "database is locked"
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 10,
    # A server that is gone without a word is given up within half a minute, whether we wait or send.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    # Nobody waits for a lock, or holds one asleep, for long: a stopped process must not stop all others.
    "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c statement_timeout=15min",
}
DATABASE_URL = env.secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
try:
    DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
except (ValueError, ImproperlyConfigured):
    raise ImproperlyConfigured(
        "DATABASE_URL is malformed; write postgres://user:password@host:5432/name or sqlite:////path/to/file."
    ) from None
USES_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if USES_SQLITE and sqlite3.sqlite_version_info < OLDEST_SQLITE:
    raise ImproperlyConfigured(
        f"This Python has SQLite {sqlite3.sqlite_version}; {'.'.join(map(str, OLDEST_SQLITE))} or newer is needed. "
        "Use a newer Python or operating system, or PostgreSQL (DATABASE_URL)."
    )
DATABASES["default"]["OPTIONS"] = {
    **(SQLITE_OPTIONS if USES_SQLITE else POSTGRESQL_OPTIONS),
    **DATABASES["default"].get("OPTIONS", {}),  # from the URL, for example ?sslmode=verify-full
}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if USES_SQLITE:
    # A test database in a file: the threads of one test share it as the processes of an installation do.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    if not RUNS_WITHOUT_SECRETS:
        env.make_folder("DATA_DIR", DATA_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "intacct_usage.accounts.passwords.ProductWordsValidator"},
]
AUTHENTICATION_BACKENDS = ["intacct_usage.accounts.backends.LimitedPasswordBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
CSRF_FAILURE_VIEW = "intacct_usage.errors.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["intacct_usage.formats"]
TIME_ZONE = env.zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT = SERVED_OVER_HTTPS
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^readyz$",
    r"^metrics$",
]  # asked over plain HTTP by whoever watches the process
SECURE_HSTS_SECONDS = 63_072_000 if SERVED_OVER_HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    # Promises for names below this one and for the browsers' preload list are the domain owner's to give, not ours.
    "security.W005",
    "security.W021",
]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "intacct_usage.accounts.models.session"  # also ends what is idle for 30 minutes
SESSION_COOKIE_SECURE = SERVED_OVER_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if SERVED_OVER_HTTPS else "sessionid"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = SERVED_OVER_HTTPS
CSRF_COOKIE_NAME = "__Host-csrftoken" if SERVED_OVER_HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # 200 query filters of 5 fields are one form
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

# What the product talks to.
INTACCT_ENDPOINT_URL = env.text("INTACCT_ENDPOINT_URL", "https://api.intacct.com/ia/xml/xmlgw.phtml")
GRAPH_BASE_URL = env.text("GRAPH_BASE_URL", "https://graph.microsoft.com").rstrip("/")
GRAPH_LOGIN_URL = env.text("GRAPH_LOGIN_URL", "https://login.microsoftonline.com").rstrip("/")
ENTRA = parse_entra(
    tenant_id=env.text("ENTRA_TENANT_ID"),
    client_id=env.text("ENTRA_CLIENT_ID"),
    client_secret=env.secret("ENTRA_CLIENT_SECRET"),
    role_groups=env.names("ENTRA_ROLE_GROUPS"),
    login_url=GRAPH_LOGIN_URL,
)
HTTP_DEADLINE_SECONDS = env.seconds("HTTP_DEADLINE_SECONDS", default=120, minimum=1, maximum=900)
EXTRA_CA_FILE = Path(env.text("EXTRA_CA_FILE")) if env.text("EXTRA_CA_FILE") else None
if EXTRA_CA_FILE and not EXTRA_CA_FILE.is_file():
    raise ImproperlyConfigured(f"EXTRA_CA_FILE names {EXTRA_CA_FILE}, which is not a file.")
try:
    OUTBOUND_POLICY = OutboundPolicy(
        allow=parse_outbound_allow(env.text("OUTBOUND_ALLOW")),
        extra_ca_file=EXTRA_CA_FILE,
        deadline_seconds=HTTP_DEADLINE_SECONDS,
    )
except ValueError as error:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOW: {error}") from error

try:
    EMAIL_RECIPIENT_DOMAINS = parse_mail_domains(env.names("EMAIL_RECIPIENT_DOMAINS"))
except ValueError as error:
    raise ImproperlyConfigured(f"EMAIL_RECIPIENT_DOMAINS: {error}") from error

# How fetching and running behave.
FETCH_CONCURRENCY = env.integer("FETCH_CONCURRENCY", default=8, minimum=1, maximum=64)
LEASE_SECONDS = env.seconds("LEASE_SECONDS", default=60, minimum=1, maximum=3600)
REAPER_SECONDS = env.seconds("REAPER_SECONDS", default=30, minimum=0.2, maximum=3600)
MISSED_GRACE_HOURS = env.seconds("MISSED_GRACE_HOURS", default=24, minimum=0, maximum=720)

Q_CLUSTER = {
    "name": "intacct_usage",
    "orm": "default",
    "workers": 4,
    "timeout": 120,
    "retry": 180,
    "queue_limit": 1,
    "bulk": 1,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": 250,
    "catch_up": False,
    "poll": 0.5,
    "recycle": 200,
    "max_rss": 400_000,
    "guard_cycle": 0.5,
    "cache": "worker_status",
    "time_zone": TIME_ZONE,
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # django-q2 writes its status twice a second; a database cache would pay for it, our heartbeat row serves instead.
    "worker_status": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# The people's log. Services write JSON lines to standard output, commands plain lines to standard error.
LOG_TO_DATABASE = env.boolean("LOG_TO_DATABASE", default=True) and not RUNS_WITHOUT_SECRETS
LOG_FORMAT = env.text("LOG_FORMAT", "json" if is_service(sys.argv) else "text")
if LOG_FORMAT not in ("json", "text"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be json or text, not “{LOG_FORMAT}”.")
LOG_RETENTION_DAYS = env.integer("LOG_RETENTION_DAYS", default=90, minimum=1, maximum=3650)
LOG_RETENTION_ROWS = env.integer("LOG_RETENTION_ROWS", default=500_000, minimum=1000, maximum=5_000_000)
LOGGING = logging_configuration(as_json=LOG_FORMAT == "json", to_database=LOG_TO_DATABASE)

# Whoever holds this token may read /metrics; without it there is no such page.
METRICS_TOKEN = env.secret("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN is too short: 16 characters at least.")
