"""Mail stays within the domains an administrator named: such configurations are not saved, such mails not sent."""

import re

import pytest

from intacct_usage.lib.mail_domains import is_among, parse_mail_domains
from intacct_usage.simulator.mail import MailSink
from notifications.delivery import deliver
from notifications.email_configurations import ConfigurationError, save_after_test
from notifications.models import EmailConfiguration
from tests.notifications.mailing import allow, graph_configuration, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings, tmp_path):
    with MailSink(tmp_path / "mail") as server:
        allow(settings, server.address)
        yield server


@pytest.mark.parametrize(
    ("domain", "among"),
    [
        ("example.com", True),
        ("EXAMPLE.com", True),
        ("mail.example.com", False),
        ("notexample.com", False),
        ("eu.partner.example", True),
        ("a.eu.partner.example", True),
        ("partner.example", False),
        ("evilpartner.example", False),
        ("xn--mller-kva.example", True),
        ("example.com.evil.example", False),
    ],
)
def test_a_domain_is_meant_exactly_and_a_star_all_below_it(domain: str, among: bool) -> None:
    allowed = parse_mail_domains(["Example.com", "*.partner.example", "müller.example"])

    assert is_among(domain, allowed) is among


def test_without_a_list_mail_goes_anywhere() -> None:
    assert is_among("anything.example", parse_mail_domains([]))


@pytest.mark.parametrize(
    "name", ["example", "@example.com", "*", "*.", "*.com", "a..example", "a*.example", "x y.example"]
)
def test_what_is_no_domain_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"^“{re.escape(name)}” is no domain; write example"):
        parse_mail_domains([name])


def test_a_configuration_with_recipients_outside_is_not_saved_and_sends_nothing(sink, settings) -> None:
    settings.EMAIL_RECIPIENT_DOMAINS = ("demo.example",)
    configuration = smtp_configuration(
        sink, saved=False, to="ann@demo.example, me@private.example", bcc="you@private.example"
    )

    with pytest.raises(ConfigurationError) as refused:
        save_after_test(configuration, secret="", asked_by="Ann")

    assert refused.value.problems.keys() == {"to", "bcc"}
    [sentence] = refused.value.problems["to"]
    assert sentence.startswith("Mail may go to demo.example only, not to me@private.example.")
    assert (EmailConfiguration.objects.count(), len(sink.messages())) == (0, 0)


@pytest.mark.parametrize("make", [smtp_configuration, lambda sink: graph_configuration()])
def test_a_mail_queued_before_the_domains_were_limited_is_not_sent(sink, settings, make) -> None:
    email = queued_alert(make(sink))
    settings.EMAIL_RECIPIENT_DOMAINS = ("elsewhere.example",)

    sent = deliver(email.pk)

    assert sent.state == "failed"
    assert "mail may go to elsewhere.example only, not to demo.example." in sent.message
    assert len(sink.messages()) == 0


def test_recipients_within_the_domains_get_their_mail(sink, settings) -> None:
    settings.EMAIL_RECIPIENT_DOMAINS = ("demo.example",)

    save_after_test(smtp_configuration(sink, saved=False), secret="", asked_by="Ann")

    assert [len(one.recipients) for one in sink.messages()] == [3]


def test_the_form_names_the_domains(settings, client, django_user_model) -> None:
    settings.EMAIL_RECIPIENT_DOMAINS = ("demo.example", "*.partner.example")
    client.force_login(django_user_model.objects.create_superuser("root"))

    page = client.get("/notifications/add/graph/").text

    assert "Mail may go to these domains only: demo.example, *.partner.example." in page
