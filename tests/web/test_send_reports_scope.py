"""What the Reports page hands over to Send Reports is what the form shows and what is sent."""

import re
import uuid
from datetime import date
from html.parser import HTMLParser

import pytest
from django.http import QueryDict
from django.urls import reverse

from notifications.models import EmailConfiguration, ReportRequest
from tests.factories import make_filter
from tests.notifications.mailing import graph_configuration
from tests.web.conftest import ClientAs

SEND = reverse("notifications:send_reports")
NOVEMBER, OCTOBER = (date(2026, 11, 1), date(2026, 11, 30)), (date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture(autouse=True)
def _november(time_machine) -> None:
    time_machine.move_to("2026-11-28T12:00:00Z")


@pytest.fixture
def finance(db) -> EmailConfiguration:
    return graph_configuration(name="Finance")


class FormValues(HTMLParser):
    """The values a browser would send of the page's form, untouched and by no button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values = QueryDict(mutable=True)
        self._select = ""
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._inside = "data-guard" in given
        elif self._inside and tag == "select":
            self._select = given["name"] or ""
        elif self._inside and tag == "option" and (self._select not in self.values or "selected" in given):
            self.values[self._select] = given.get("value") or ""
        elif self._inside and tag == "input" and given.get("type") not in ("checkbox", "radio"):
            self.values[given["name"]] = given.get("value") or ""
        elif self._inside and tag == "input" and "checked" in given:
            self.values.appendlist(given["name"], given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def sent_from(client, address: str, configuration: EmailConfiguration) -> ReportRequest:
    """The request that the form at this address makes when only the recipients are chosen."""
    values = FormValues(client.get(address).content.decode()).values
    values["configurations"] = str(configuration.pk)
    values["once"] = str(uuid.uuid4())
    answer = client.post(address, f"{values.urlencode()}&send=", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 302
    return ReportRequest.objects.get()


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", (None, None)),
        ("preset=all", (None, None)),
        ("preset=this-month", NOVEMBER),
        ("preset=last-month", OCTOBER),
        ("preset=last-3-months", (date(2026, 9, 1), date(2026, 11, 30))),
        ("preset=last-3-months&complete_months=on", (date(2026, 9, 1), date(2026, 10, 31))),
        ("complete_months=on", (None, date(2026, 10, 31))),
        ("complete_months=false&preset=last-month", OCTOBER),
        ("from=2026-05-03&to=2026-05-09&preset=last-month", (date(2026, 5, 3), date(2026, 5, 9))),
        ("from=2026-05-03", (date(2026, 5, 3), None)),
        ("preset=last-month&page=2&view=line", OCTOBER),
    ],
)
def test_the_days_of_the_reports_page_are_sent(client_as: ClientAs, finance, query: str, days: tuple) -> None:
    client = client_as("Operator")
    reports = client.get(f"{reverse('usage:reports')}?{query}")
    (address,) = re.findall(rf'href="({SEND}[^"]*)"', reports.content.decode())

    asked = sent_from(client, address.replace("&amp;", "&"), finance)

    shown = reports.context["scope"].period
    assert (asked.first_day, asked.last_day) == (shown.first_day, shown.last_day) == days


@pytest.mark.parametrize(
    ("query", "name"), [("filter=UK+%26+Co&preset=last-month", "UK & Co"), ("filter=Other", "Other")]
)
def test_the_filter_of_the_reports_page_is_sent(client_as: ClientAs, finance, query: str, name: str) -> None:
    make_filter("UK & Co", "UK_")

    asked = sent_from(client_as("Operator"), f"{SEND}?{query}", finance)

    assert asked.scope.filter_name == name


def test_a_preset_is_named_beside_its_days(client_as: ClientAs, finance) -> None:
    page = client_as("Operator").get(f"{SEND}?preset=last-month").content.decode()

    assert "The days are those of “Last month” on the Reports page." in page
    assert 'value="2026-10-01"' in page and 'value="2026-10-31"' in page


@pytest.mark.parametrize("query", ["filter=Gone", "from=2026-02-30", "from=2026-02-02&to=2026-02-01", "preset=soon"])
def test_an_address_that_cannot_be_shown_is_refused_instead_of_widened(
    client_as: ClientAs, finance, query: str
) -> None:
    answer = client_as("Operator").get(f"{SEND}?{query}")

    assert answer.status_code == 400
    assert "<legend>What</legend>" not in answer.content.decode()
