"""The report mail as a mail program shows it: readable in light and dark, narrow and wide, all of it inside."""

import base64
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from notifications.models import EmailConfiguration, EmailPart, OutgoingEmail
from notifications.report_delivery import ReportMailing, preview
from notifications.report_mail import compose
from notifications.transports.base import PreparedMail
from tests.browser.conftest import AXE, WCAG
from tests.factories import make_company, make_filter, make_records
from usage.periods import ALL_DATA
from usage.reports import ReportFormat, ReportScope

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]
RULES = [tag for tag in WCAG if tag != "best-practice"]  # landmarks are the mail program's
PROBLEM = (
    "12 of 40 companies failed in this run; their figures are those of the last successful fetch, if there was one."
)


@pytest.fixture
def mail(settings, tmp_path: Path, time_machine) -> PreparedMail:
    settings.DATA_DIR = tmp_path
    time_machine.move_to("2026-03-10T09:00:00Z", tick=False)
    for number in range(6):
        group = make_filter(f"Customers of the northern region {number}", f"N{number}_")
        company = make_company(f"N{number}_1", query_filter=group)
        for month in (1, 2, 3):
            make_records(company, date(2026, month, 3), 3, transactions=20_000 + number)
    make_records(make_company("Other"), date(2026, 3, 5), 3)
    mailing = ReportMailing(
        [], ReportFormat.CSV, ReportScope(None, ALL_DATA), "Ann", problem=PROBLEM, schedule_name="N" * 90
    )
    subject, content = preview(mailing)
    email = OutgoingEmail(kind="report", subject=subject, content=content, recipients={"to": ["a@example.com"]})
    note = "Too large to send by e-mail, so it is offered for download: " + "intacct-usage-detailed_all-filters" * 3
    part = EmailPart(email=email, number=1, count=3, message_id="<1@example.com>", note=note)
    return compose(email, part, EmailConfiguration(from_address="usage@example.com"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 800])
def test_it_is_readable(browser: Browser, mail: PreparedMail, width: int, scheme: str) -> None:
    [image] = mail.images
    html = mail.html.replace(f"cid:{image.content_id}", "data:image/png;base64," + base64.b64encode(image.png).decode())
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_content(html)

    picture = page.locator("img").evaluate("image => [image.complete, image.naturalWidth, image.width]")
    sideways = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    found = page.evaluate(f"{AXE}; axe.run({{runOnly: {RULES}, resultTypes: ['violations']}})")["violations"]
    first = page.locator("td", has_text=PROBLEM).last.bounding_box()
    page.context.close()

    assert (picture[:2], sideways, [url for url in requests if not url.startswith("data:")]) == (
        [True, 1440],
        False,
        [],
    )
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
    assert first["y"] < 60
