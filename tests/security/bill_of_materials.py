"""The software bill of materials of what is installed and served, as CycloneDX 1.6.

`script/sbom` writes it to docs/sbom.json; it depends on the lock file and on nothing of the day.
"""

import json
import sys

from intacct_usage.lib.version import application_version
from tests.security.packages import licence_of, locked, vendored

Component = dict[str, object]


def bill() -> dict[str, object]:
    python = [_component("pypi", each.name, each.version, licence_of(each.name)) for each in locked("requirements.txt")]
    browser = sorted({(package, version, licence) for _file, package, version, licence in vendored()})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "intacct-api-usage",
                "name": "intacct-api-usage",
                "version": application_version(),
            }
        },
        "components": python + [_component("npm", *row) for row in browser],
    }


def _component(kind: str, name: str, version: str, licence: str) -> Component:
    reference = f"pkg:{kind}/{name}@{version}"
    choice = {"expression": licence} if " " in licence else {"license": {"id": licence}}
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "licenses": [choice],
        "purl": reference,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=2) + "\n")
