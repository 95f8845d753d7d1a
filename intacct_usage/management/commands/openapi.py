"""`manage.py openapi`: the description of the REST API that `docs/openapi.json` holds."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from intacct_usage.api.site import schema


class Command(BaseCommand):
    help = "Print the OpenAPI description of the REST API: manage.py openapi > docs/openapi.json"

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        self.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False))
