"""The description in the repository is that of the code."""

import io
import json
from pathlib import Path

from django.core.management import call_command

from intacct_usage.api.site import schema
from tests.api.conftest import Caller

FILE = Path(__file__).parent.parent.parent / "docs" / "openapi.json"


def test_the_file_is_what_the_code_generates() -> None:
    out = io.StringIO()

    call_command("openapi", stdout=out)

    assert FILE.read_text(encoding="utf-8") == out.getvalue(), "Run: manage.py openapi > docs/openapi.json"


def test_every_operation_asks_for_a_token_and_tells_its_refusals() -> None:
    operations = [one for path in json.loads(json.dumps(schema()))["paths"].values() for one in path.values()]

    assert len(operations) == 10
    assert all(one["security"] == [{"TokenAccess": []}] for one in operations)
    assert all({"401", "403", "429"} <= one["responses"].keys() for one in operations)


def test_a_program_can_read_the_description(reader: Caller) -> None:
    assert reader.get("openapi.json").json() == json.loads(FILE.read_text(encoding="utf-8"))
