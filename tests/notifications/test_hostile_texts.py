"""Every text that can reach a mail, full of what attackers write, arrives as text: no header or recipient more."""

import json
from datetime import date

import pytest

from intacct_usage.simulator.graph import GraphStandIn
from intacct_usage.simulator.graph_sign_in import Application
from intacct_usage.simulator.mail import MailSink
from notifications.alerts import queue_alert
from notifications.delivery import deliver
from notifications.models import EmailConfiguration
from notifications.report_delivery import ReportMailing, queue_reports
from tests.factories import make_company, make_failing_company, make_filter, make_records
from tests.notifications.mailing import (
    CLIENT,
    PASSWORD,
    TENANT,
    allow,
    graph_configuration,
    smtp_configuration,
)
from usage.models import QueryFilter
from usage.periods import ALL_DATA
from usage.reports import ReportFormat, ReportKind, ReportScope

pytestmark = pytest.mark.django_db
THIEF = "thief@evil.example"
HOSTILE = [
    f"X\r\nBcc: {THIEF}\r\n\r\n<script>alert(1)</script>",
    f"X\n.\r\nMAIL FROM:<{THIEF}>\r\nRCPT TO:<{THIEF}>\r\nDATA",
    f"=?utf-8?q?X=0D=0ABcc:_{THIEF}?=",
    f'"><img src=x onerror=alert(1)> <{THIEF}>, ',
    "../../etc/passwd\u202egnp.csv{schedule}{filter}",
    "\x0b\x85\u2028\u2029\ufeff" + "W" * 90,
]
HEADERS = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


def hostile_mailing(text: str) -> ReportMailing:
    """A mailing with the text in every place that takes one."""
    group = make_filter(text[:60], "UK_")
    make_records(make_company("UK_1", name=text, query_filter=group), date(2026, 2, 3), 2)
    make_failing_company("UK_2", name=text, query_filter=group)
    return ReportMailing(
        [ReportKind.SUMMARY, ReportKind.EXCEPTIONS],
        ReportFormat.CSV,
        ReportScope(QueryFilter.objects.get(), ALL_DATA),
        text[:100],
        note=text,
        schedule_name=text[:100],
        subject_template=f"{{schedule}} {text[:120]} {{filter}}",
        status=text[:40],
        problem=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_over_smtp_it_stays_text(settings, tmp_path, text) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        configuration = smtp_configuration(sink, name=text[:90], from_name=text[:100], bcc="")
        reports = queue_reports([configuration], hostile_mailing(text))
        alerts = queue_alert([configuration], text, [text, text], dedupe_key="hostile")
        states = [deliver(email.pk).state for email in (*reports, *alerts)]

    assert states == ["sent", "sent"]
    for kept in sink.messages():
        message = kept.parsed()
        assert set(message.keys()) == HEADERS
        assert kept.recipients == ("ann@demo.example", "bob@demo.example")
        assert [one.addr_spec for one in message["From"].addresses] == ["usage@demo.example"]
        html = message.get_body(("related", "html")).get_body(("html",)).get_content()
        assert not any(tag in html for tag in ("<script", "<img src=x", "onerror=alert(1)>"))
    names = [part.get_filename() for part in sink.messages()[0].parsed().iter_attachments()]
    assert len(names) == 2
    assert all(name.isascii() and "/" not in name and name.endswith(".csv") for name in names)


@pytest.mark.parametrize("text", HOSTILE)
def test_over_graph_it_stays_text(settings, certificate, tmp_path, text) -> None:
    application, mailboxes = Application(TENANT, CLIENT, PASSWORD), frozenset({"usage@demo.example"})
    with GraphStandIn(application, tmp_path, tls=certificate, mailboxes=mailboxes) as graph:
        allow(settings, graph.address, ca=certificate.ca)
        settings.GRAPH_LOGIN_URL = settings.GRAPH_BASE_URL = graph.url
        configuration = graph_configuration(name=text[:90], from_name=text[:100], bcc="")
        [email] = queue_reports([configuration], hostile_mailing(text))
        state = deliver(email.pk).state

    mail = graph.mails()[0]
    sent = json.loads(mail.path.read_text())["message"]
    assert (state, [*mail.to, *mail.cc, *mail.bcc]) == ("sent", ["ann@demo.example", "bob@demo.example"])
    assert not {"\r", "\n", "\u2028", "\u202e"} & set(sent["subject"])
    assert len(sent["subject"]) <= 250
    assert all("/" not in one["name"] and one["name"].isascii() for one in sent["attachments"])


def test_a_subject_that_fills_its_column_still_gets_the_bad_news_in_front(settings, tmp_path) -> None:
    mailing = ReportMailing(
        [], ReportFormat.CSV, ReportScope(None, ALL_DATA), "Ann", subject_template="S" * 250, status="Partial success"
    )
    bad = ReportMailing(**{**vars(mailing), "problem": "1 of 2 companies failed.", "key": "bad"})
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        [email] = queue_reports([smtp_configuration(sink)], bad)
        deliver(email.pk)

    assert sink.messages()[0].parsed()["Subject"] == f"Partial success: {'S' * 232}…"


def test_a_sender_with_an_international_domain_is_sent_in_its_ascii_form(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        allow(settings, sink.address)
        configuration = smtp_configuration(sink, from_address="usage@müller.example", to="ann@bücher.example", bcc="")
        [email] = queue_alert([configuration], "Grüße", ["Text"], dedupe_key="idn")
        state = deliver(email.pk).state

    kept = sink.messages()[0]
    assert (state, kept.sender, kept.recipients) == (
        "sent",
        "usage@xn--mller-kva.example",
        ("ann@xn--bcher-kva.example",),
    )
    assert kept.parsed()["Subject"] == "Grüße"
    assert kept.raw.isascii()  # neither 8BITMIME nor SMTPUTF8 is ever needed
    assert EmailConfiguration.objects.get().sender.address == kept.sender
