"""`manage.py openapi`: the description of the REST API that `docs/openapi.json` holds."""

import json
from typing import Any

from intacct_usage.api.site import schema
from intacct_usage.management.product_command import ProductCommand


class Command(ProductCommand):
    help = "Print the OpenAPI description of the REST API: manage.py openapi > docs/openapi.json"

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        self.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False))
