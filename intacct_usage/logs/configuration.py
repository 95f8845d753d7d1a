"""The LOGGING setting: what goes to the console and what to the people's log."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

SERVICES = frozenset({"worker", "runserver"})


def is_service(arguments: Sequence[str]) -> bool:
    """Whether this process serves (web, worker) or is one command of an administrator; `arguments` as in sys.argv."""
    is_command = len(arguments) > 1 and PurePath(arguments[0]).name == "manage.py"
    return not is_command or arguments[1] in SERVICES


def logging_configuration(*, as_json: bool, to_database: bool) -> dict[str, Any]:  # Any: dictConfig's format
    """JSON lines go to standard output, for machines; plain lines to standard error, beside what a command prints."""
    handlers: dict[str, Any] = {  # Any: dictConfig's format
        "console": {
            "()": "intacct_usage.logs.formatters.OutputHandler",
            "to_stdout": as_json,
            "formatter": "json" if as_json else "text",
            "filters": ["context", "redact"],
        }
    }
    if to_database:
        handlers["database"] = {
            "()": "intacct_usage.logs.handler.DatabaseLogHandler",
            "filters": ["peoples_log", "context", "redact"],
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "peoples_log": {"()": "intacct_usage.logs.handler.PeoplesLogFilter"},
            "context": {"()": "intacct_usage.logs.context.ContextFilter"},
            "redact": {"()": "intacct_usage.lib.redaction.RedactingFilter"},
        },
        "formatters": {
            "json": {"()": "intacct_usage.logs.formatters.JsonLineFormatter"},
            "text": {"()": "intacct_usage.logs.formatters.TextLineFormatter"},
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO"},  # in place of Django's own, which mails settings to admins
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Below 500 the line of intacct_usage.errors has the address, the reference and, for forms, the reason.
            "django.request": {"level": "ERROR"},
            "django.security.csrf": {"level": "ERROR"},
            "django-q": {"level": "WARNING"},
        },
    }
