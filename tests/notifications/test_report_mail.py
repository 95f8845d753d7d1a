"""The report mail: figures readable without opening a file, right names, a picture, and bad news first."""

import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from intacct_usage.lib.refusals import TooManyRequestsError
from intacct_usage.simulator.mail import MailSink
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from notifications.report_delivery import (
    ReportMailing,
    change_in_words,
    estimated_sizes,
    preview,
    queue_reports,
    send_reports,
)
from notifications.usage_chart import LEGEND_LINE, SCALE, chart_figures, chart_png, nice_ceiling, short_number
from tests.factories import make_company, make_failing_company, make_filter, make_records
from tests.notifications.mailing import allow, smtp_configuration
from usage.periods import ALL_DATA, ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportScope
from usage.reports.figures import summary_figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usage_data")]
EVERYTHING = ReportScope(None, ALL_DATA)
HOSTILE_NAME = "UK <b>&</b> \r\nBcc: thief@evil.example"


@pytest.fixture
def sink(settings, tmp_path):
    with MailSink(tmp_path / "mail") as server:
        allow(settings, server.address)
        yield server


@pytest.fixture
def usage_data(time_machine) -> None:
    time_machine.move_to("2026-03-10T09:00:00Z", tick=False)
    uk = make_filter(HOSTILE_NAME, "UK_")
    make_records(make_company("UK_1", query_filter=uk), date(2026, 2, 3), 4, transactions=1000)
    make_records(make_company("US_1"), date(2026, 3, 5), 3)
    make_failing_company("UK_2", query_filter=uk)


def received(sink: MailSink, mailing: ReportMailing):
    (email,) = queue_reports([smtp_configuration(sink)], mailing)
    assert deliver(email.pk).state == "sent"
    return sink.messages()[-1].parsed()


def mailing(*kinds: ReportKind, **fields: object) -> ReportMailing:
    return ReportMailing(kinds, ReportFormat.CSV, fields.pop("scope", EVERYTHING), "Ann", **fields)


def test_the_summary_is_readable_without_opening_a_file(sink) -> None:
    message = received(sink, mailing())

    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("related", "html")).get_body(("html",)).get_content()
    assert "Transactions in the period: 4,003" in text
    assert "Companies that failed: 1" in text
    assert "- Other: 1, 3, 3" in text
    assert ">4,003<" in html
    assert list(message.iter_attachments()) == []


def test_the_files_are_attached_under_dated_safe_names(sink) -> None:
    message = received(sink, mailing(ReportKind.SUMMARY, ReportKind.EXCEPTIONS))

    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == [
        "intacct-usage-summary_all-filters_all-data_made-2026-03-10.csv",
        "intacct-usage-exceptions_all-filters_all-data_made-2026-03-10.csv",
    ]
    assert message["Subject"] == "Intacct API usage: All Filters, all data, 2026-03-10"


@pytest.mark.parametrize(
    ("gateway", "is_demo"),
    [("https://api.intacct.com/ia/xml/xmlgw.phtml", False), ("http://gateway.test.example/ia/xml/xmlgw.phtml", True)],
)
def test_a_mail_and_its_files_tell_demo_data_from_real(sink, settings, gateway: str, is_demo: bool) -> None:
    settings.INTACCT_ENDPOINT_URL = gateway

    message = received(sink, mailing(ReportKind.SUMMARY))

    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("related", "html")).get_body(("html",)).get_content()
    (file,) = message.iter_attachments()
    assert ("DEMO DATA: from a test gateway, not from Sage Intacct." in text) is is_demo
    assert ("Demo data: from a test gateway, not from Sage Intacct." in html) is is_demo
    assert file.get_filename().endswith("_demo.csv") is is_demo


def test_bad_news_stands_in_the_first_line(sink) -> None:
    sentence = "2 of 500 companies failed: UK_2, UK_7."
    message = received(sink, mailing(problem=sentence, status="Partial success", schedule_name="Nightly"))

    text = message.get_body(("plain",)).get_content()
    assert text.splitlines()[0] == f"ATTENTION: {sentence}"
    assert message["Subject"].startswith("Partial success: Intacct API usage: Nightly")


def test_names_from_outside_are_text_and_nothing_else(sink) -> None:
    message = received(sink, mailing())

    html = message.get_body(("related", "html")).get_body(("html",)).get_content()
    assert "UK &lt;b&gt;&amp;&lt;/b&gt;" in html
    assert "<b>&</b>" not in html
    assert message["Bcc"] is None


def test_the_chart_is_an_inline_picture_and_nothing_is_loaded_from_elsewhere(sink) -> None:
    message = received(sink, mailing())

    related = message.get_body(("related",))
    html, image = related.iter_parts()
    picture = Image.open(io.BytesIO(image.get_payload(decode=True)))
    assert (image["Content-ID"], picture.format, picture.size) == ("<usage-chart>", "PNG", (1440, 846))
    assert 'src="cid:usage-chart"' in html.get_content()
    assert not any(word in html.get_content() for word in ('src="http', "<script", "<link", "@import", "url("))


def test_one_configuration_gets_one_mail_however_often_it_is_queued(sink) -> None:
    configurations = [smtp_configuration(sink), smtp_configuration(sink)]
    same = mailing(ReportKind.SUMMARY, key="occurrence:7")

    first, second = (queue_reports(configurations, same) for _ in range(2))

    assert [email.pk for email in first] == [email.pk for email in second]
    assert OutgoingEmail.objects.count() == 2
    assert first[0].attachments == first[1].attachments


def test_two_requests_of_a_person_are_two_mails(sink) -> None:
    configuration = smtp_configuration(sink)

    for _ in range(2):
        send_reports([configuration], [], ReportFormat.CSV, EVERYTHING, asked_by="Ann")

    assert OutgoingEmail.objects.filter(asked_by="Ann", kind="report").count() == 2


@pytest.mark.parametrize("report_format", ReportFormat)
def test_sizes_are_known_about_before_the_files_are_made(sink, report_format) -> None:
    make_records(make_company("Big"), date(2026, 2, 1), 500)
    wanted = ReportMailing([ReportKind.DETAILED], report_format, EVERYTHING, "Ann")

    estimated = estimated_sizes(wanted)[ReportKind.DETAILED]

    (email,) = queue_reports([smtp_configuration(sink)], wanted)
    assert 0.4 < estimated / email.attachments[0]["size_bytes"] < 2.5


def test_twenty_requests_an_hour_are_the_most_for_one_person(sink) -> None:
    configurations = [smtp_configuration(sink), smtp_configuration(sink)]

    def ask(person: str) -> None:
        send_reports(configurations, [], ReportFormat.CSV, EVERYTHING, asked_by=person)

    for _ in range(20):
        ask("Ann")

    with pytest.raises(TooManyRequestsError):
        ask("Ann")
    ask("Bob")
    ask("command line")


def test_the_preview_says_what_the_mail_will_say() -> None:
    subject, content = preview(mailing(subject_template="{filter} on {date}"))

    assert subject == "All Filters on 2026-03-10"
    assert content["totals"] == {"companies": "3", "records": "7", "transactions": "4,003"}


def test_what_makes_the_figures_doubtful_stands_before_them(sink) -> None:
    message = received(sink, mailing())

    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("related", "html")).get_body(("html",)).get_content()
    assert 0 < html.index("Not every company is complete") < html.index("Incomplete: ") < html.index(">4,003<")
    assert 0 < text.index("NOT EVERY COMPANY IS COMPLETE") < text.index("Transactions in the period: 4,003")
    assert 'class="line bad" align="right"' in html  # Companies that failed: 1


def test_each_file_says_what_it_is_and_links_lead_to_the_reports_and_the_run(sink) -> None:
    message = received(sink, mailing(ReportKind.SUMMARY, run_id=1234, schedule_name="Nightly"))

    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("related", "html")).get_body(("html",)).get_content()
    assert "Summary report, 3 rows" in text
    assert "This run: http://testserver/runs/1234/" in text
    assert 'href="http://testserver/reports/"' in html
    assert 'href="http://testserver/runs/1234/"' in html
    assert "belongs to the email configuration" in html


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (0, 0, ""),
        (5, 0, ""),
        (100, 100, "as many as last month up to the same day"),
        (150, 100, "50.0 % more than last month up to the same day"),
        (0, 100, "100.0 % fewer than last month up to the same day"),
        (99_999, 100_000, "less than 0.1 % fewer than last month up to the same day"),
    ],
)
def test_this_month_is_compared_with_the_same_days_of_the_last(now, before, words) -> None:
    figures = replace(summary_figures(EVERYTHING, date(2026, 3, 10)), month_to_date=now, last_month_to_same_day=before)

    assert change_in_words(figures) == words


def test_the_chart_adds_up_and_keeps_to_the_period() -> None:
    whole = chart_figures(EVERYTHING, date(2026, 3, 10))
    march = chart_figures(ReportScope(None, ReportPeriod(date(2026, 3, 1))), date(2026, 3, 10))

    assert sum(sum(one["values"]) for one in whole["series"]) == 4003
    assert whole["months"] == ["Feb 26*", "Mar 26*"]
    assert (march["months"], [one["values"] for one in march["series"]]) == (["Mar 26*"], [[3]])
    assert whole["note"] == "* not the whole month"


def test_the_chart_of_a_range_that_cuts_a_month_holds_only_its_days() -> None:
    make_records(make_company("UK_3"), date(2026, 2, 20), 1, transactions=50)
    scope = ReportScope(None, ReportPeriod(date(2026, 2, 10), date(2026, 2, 28)))

    chart = chart_figures(scope, date(2026, 3, 10))

    assert (chart["months"], chart["series"]) == (["Feb 26*"], [{"name": "Other", "slot": 0, "values": [50]}])
    assert preview(mailing(scope=scope))[1]["totals"]["transactions"] == "50"


def test_the_chart_ends_at_the_running_month_whatever_is_dated_later() -> None:
    make_records(make_company("UK_3"), date(2028, 5, 5), 1)

    chart = chart_figures(EVERYTHING, date(2027, 3, 10))

    assert (len(chart["months"]), chart["months"][0], chart["months"][-1]) == (13, "Mar 26", "Mar 27")


def test_every_filter_of_the_chart_stands_in_its_legend() -> None:
    names = [f"Customers of the northern region {number}" for number in range(6)]
    one_line = {"months": ["Mar 26"], "series": [{"name": "UK", "values": [1]}]}
    six = {"months": ["Mar 26"], "series": [{"name": name, "values": [1]} for name in names]}

    heights = [Image.open(io.BytesIO(chart_png(figures))).height for figures in (one_line, six)]

    assert heights[1] - heights[0] == 5 * LEGEND_LINE * SCALE


@pytest.mark.parametrize(("value", "ceiling"), [(0, 4), (4, 4), (5, 8), (21, 24), (41, 60), (81, 100), (4003, 6000)])
def test_the_axis_ends_at_a_round_number(value, ceiling) -> None:
    assert nice_ceiling(value) == ceiling


def test_numbers_of_the_axis_are_short() -> None:
    assert [short_number(value) for value in (0, 950, 1500, 12_500, 3_000_000)] == ["0", "950", "1.5k", "12.5k", "3M"]
