"""Secrets for commands: from the environment, from a file it names, or typed on a terminal; never from arguments."""

import getpass
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from intacct_usage.lib import env
from intacct_usage.lib.redaction import register_secret


def environment_secret(variable: str) -> str:
    """The secret of `variable`, or of the file that `variable`_FILE names; empty if neither is set."""
    try:
        value = env.secret(variable)
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    register_secret(value)
    return value


def ask_secret(variable: str, label: str, *, stored: bool) -> str:
    """The secret of the environment, else what is typed without being shown.

    With `stored` an empty answer is allowed and means that the stored secret stays; without, no answer is an error.
    """
    value = environment_secret(variable)
    if not value and sys.stdin.isatty():
        value = getpass.getpass(f"{label}{' (empty keeps the stored one)' if stored else ''}: ")
    if not value and not stored:
        raise CommandError(f"{label} is missing: set {variable} (or {variable}_FILE), or run this on a terminal.")
    register_secret(value)
    return value
