"""The guide tells the truth: its words are the words of the code, and its anchors exist."""

import re
from pathlib import Path

import pytest

from intacct_usage.lib.access import Right
from intacct_usage.roles import ROLES
from scheduling.models import Schedule
from tests.web.conftest import ClientAs
from tests.web.full_site import PageReader
from usage.models import CompanyDay
from usage.reports import ReportFormat, ReportKind

ROOT = Path(__file__).parent.parent.parent
STATUSES = ("Success", "Running", "Error", "Stopped", "Disabled", "Pending")
JOB_LOG_LINES = (
    "Running query: ExcelConnect (INCREMENTAL)",
    "Mode: INCREMENTAL (top-up from last date)",
    "[CompanyName] Top-up from 2026-02-10",
    "[CompanyName] Cleared 5 records from 2026-02-10 onward",
    "[CompanyName] Initial fetch (no existing data)",
)


@pytest.fixture
def guide(client_as: ClientAs) -> str:
    return client_as("Viewer").get("/guide/").content.decode()


def test_the_guide_names_what_the_product_has(guide: str) -> None:
    names = {
        *ReportKind.labels,
        *(one.upper() for one in ReportFormat.values),
        *Schedule.Kind.labels,
        *Schedule.Mode.labels,
        *STATUSES,
        *ROLES,
        *("INFO", "WARN", "ERROR"),
    }

    assert {name for name in names if name not in guide} == set()


def test_the_guide_holds_the_job_log_lines(guide: str) -> None:
    assert [line for line in JOB_LOG_LINES if f"<code>{line}</code>" not in guide] == []


def test_the_guide_explains_each_state_of_a_day(guide: str) -> None:
    states = {label.partition(":")[0].removeprefix("Fetch ").lower() for label in CompanyDay.State.labels}

    assert {state for state in states if state not in guide.lower()} == set()


def test_every_link_within_the_guide_has_its_target(guide: str) -> None:
    page = PageReader("/guide/", guide)
    anchors = {link[1:] for link in page.links if link.startswith("#")}

    assert len(anchors) > 25
    assert anchors - set(page.ids) == set()


def test_every_deep_link_of_a_template_leads_to_a_part_of_the_guide(guide: str) -> None:
    ids = set(PageReader("/guide/", guide).ids)
    pattern = re.compile(r"""{% url ['"]guide['"] %}#([\w-]+)""")
    used = {
        anchor
        for folder in ("templates", "usage", "notifications", "scheduling", "intacct_usage")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".html", ".py")
        for anchor in pattern.findall(path.read_text(encoding="utf-8"))
    }

    assert used
    assert used - ids == set()


def test_the_guide_says_what_each_role_may_do(guide: str) -> None:
    assert Right.SKIP_COMPANIES in ROLES["Operator"]
    assert "skips and unskips companies" in guide
    assert Right.MANAGE_SCHEDULES not in ROLES["Operator"]


def test_the_guide_lists_the_roles_and_tells_superuser_apart(guide: str) -> None:
    (roles,) = re.findall(r'<section id="roles">.*?<dl>(.*?)</dl>', guide, re.DOTALL)

    assert re.findall(r"<dt>(.*?)</dt>", roles) == list(ROLES)
    assert "Superuser is not one of the roles" in guide
