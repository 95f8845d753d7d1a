"""The WSGI application that gunicorn serves. What keeps it from starting is one sentence, not a traceback."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

NOT_TO_BE_REPEATED = 4
"""gunicorn ends with this code and makes no further process that would fail alike."""


def _refuse(problem: str) -> None:
    sys.stderr.write(f"The site does not start: {problem}\n")
    sys.stderr.flush()
    sys.exit(NOT_TO_BE_REPEATED)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intacct_usage.settings")
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    _refuse(str(error))

from intacct_usage.health import start_problem  # noqa: E402  # models can be loaded only now

if problem := start_problem():
    _refuse(problem)
