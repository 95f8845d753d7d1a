#!/usr/bin/env python
"""Django's command-line entry point; a refused setting or an unusable database is one sentence, not a traceback."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

NOTHING_DONE = 2  # 1 is what `fetch_usage` ends with when some companies failed


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intacct_usage.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        refuse(str(error))
    except DatabaseError:
        from intacct_usage.database_trouble import database_trouble  # needs Django to be set up

        if sentence := database_trouble():
            refuse(sentence)
        raise


def refuse(sentence: str) -> None:
    sys.stderr.write(f"manage.py: {sentence}\n")
    sys.exit(NOTHING_DONE)


if __name__ == "__main__":
    main()
