"""What is saved has sent a mail; a secret is only ever sent where it was entered for."""

import pytest

from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.mail_script import MailScript, Stage, refuse
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.email_configurations import (
    ConfigurationError,
    FailedTestError,
    as_new,
    save_after_test,
    save_without_test,
    test_saved,
)
from notifications.models import EmailConfiguration, OutgoingEmail
from tests.notifications.mailing import PASSWORD, allow, graph_configuration, smtp_configuration

pytestmark = pytest.mark.django_db
USER = "usage@demo.example"


@pytest.fixture
def sink(settings, tmp_path):
    with MailSink(tmp_path / "mail", users={USER: PASSWORD}) as server:
        allow(settings, server.address)
        yield server


def test_a_configuration_is_saved_after_its_test_mail_reached_everybody(sink) -> None:
    configuration = smtp_configuration(sink, saved=False, username=USER, to="ANN <ann@demo.example>; bob@demo.example")

    email = save_after_test(configuration, secret=PASSWORD, asked_by="Ann")

    stored = EmailConfiguration.objects.get()
    assert (stored.to, stored.last_state, stored.reveal("secret")) == (
        "ANN <ann@demo.example>, bob@demo.example",
        "sent",
        PASSWORD,
    )
    assert stored.tested_at is not None
    assert (email.kind, sink.messages()[0].recipients) == (
        "test",
        ("ann@demo.example", "bob@demo.example", "cleo@demo.example"),
    )


def test_a_failed_test_saves_nothing_and_keeps_every_value(sink) -> None:
    configuration = smtp_configuration(sink, saved=False, username=USER, name="Finance")

    with pytest.raises(FailedTestError, match=r"^sign-in: .*535 5\.7\.8"):
        save_after_test(configuration, secret="wrong password", asked_by="Ann")

    assert EmailConfiguration.objects.count() == 0
    assert (configuration.name, configuration.username, configuration.host) == ("Finance", USER, "127.0.0.1")
    assert OutgoingEmail.objects.get().kind == "test"


def test_a_refused_recipient_fails_the_test(settings) -> None:
    with ScriptedMailServer(MailScript.of(refuse(Stage.RCPT, "550 5.1.1 No", recipient="bob@demo.example"))) as server:
        allow(settings, server.address)
        with pytest.raises(FailedTestError, match=r"bob@demo\.example"):
            save_after_test(smtp_configuration(server, saved=False), secret="", asked_by="Ann")

    assert EmailConfiguration.objects.count() == 0


def test_a_failed_test_of_an_edit_leaves_the_stored_configuration_as_it_was(sink) -> None:
    stored = smtp_configuration(sink, username=USER, secret=PASSWORD)
    edited = EmailConfiguration.objects.get(pk=stored.pk)
    edited.from_address, edited.port = "other@demo.example", 1

    with pytest.raises(FailedTestError):
        save_after_test(edited, secret="another", asked_by="Ann")

    stored.refresh_from_db()
    assert (stored.from_address, stored.port, stored.reveal("secret")) == (USER, sink.port, PASSWORD)


def test_an_edit_without_a_secret_keeps_the_stored_one(sink) -> None:
    stored = smtp_configuration(sink, username=USER, secret=PASSWORD)
    edited = EmailConfiguration.objects.get(pk=stored.pk)
    edited.from_name, edited.secret = "Reports", ""

    save_after_test(edited, secret="", asked_by="Ann")

    stored.refresh_from_db()
    assert (stored.from_name, stored.reveal("secret")) == ("Reports", PASSWORD)


@pytest.mark.parametrize(
    ("field", "value"),
    [("host", "localhost"), ("port", 1), ("security", "starttls"), ("username", "other"), ("provider", "graph")],
)
def test_changing_where_a_password_goes_drops_it(sink, field, value) -> None:
    stored = smtp_configuration(sink, username=USER, secret=PASSWORD)
    edited = EmailConfiguration.objects.get(pk=stored.pk)
    setattr(edited, field, value)

    with pytest.raises(ConfigurationError) as caught:
        save_after_test(edited, secret="", asked_by="Ann")

    assert "again: it is only ever sent where it was entered for" in caught.value.problems["secret"][0]
    assert sink.messages() == ()


@pytest.mark.parametrize("field", ["tenant_id", "client_id"])
def test_changing_the_app_or_tenant_drops_the_client_secret(field) -> None:
    edited = EmailConfiguration.objects.get(pk=graph_configuration().pk)
    setattr(edited, field, "99999999-9999-9999-9999-999999999999")

    with pytest.raises(ConfigurationError) as caught:
        save_without_test(edited, secret="", asked_by="Ann")

    assert "Enter the client secret again" in caught.value.problems["secret"][0]


def test_save_as_new_copies_everything_but_the_secret_and_the_results(sink) -> None:
    stored = smtp_configuration(sink, username=USER, secret=PASSWORD, cc="x@demo.example", use_proxy=False)
    test_saved(stored, asked_by="Ann")
    stored.refresh_from_db()

    new = as_new(stored, "Copy")

    left_out = {"id", "name", "secret", "secret_expires_on", "created_at", "saved_at"}
    left_out |= {"last_state", "last_message", "last_used_at", "tested_at"}
    copied = [field.attname for field in EmailConfiguration._meta.concrete_fields if field.attname not in left_out]
    assert {name: getattr(new, name) for name in copied} == {name: getattr(stored, name) for name in copied}
    assert (new.pk == stored.pk, new.secret, new.last_state, new.tested_at) == (False, "", "", None)
    with pytest.raises(ConfigurationError, match="Enter the password"):
        save_after_test(new, secret="", asked_by="Ann")


def test_a_name_is_taken_whatever_its_case(sink) -> None:
    stored = smtp_configuration(sink, name="Finance")

    with pytest.raises(ConfigurationError, match="There is already a configuration “FINANCE”"):
        save_after_test(as_new(stored, "FINANCE"), secret="", asked_by="Ann")


def test_every_wrong_value_is_named_at_once() -> None:
    bare = EmailConfiguration(name=" ", host="a b", port=0, from_address="nobody", to="x", bcc="y", username="u")

    with pytest.raises(ConfigurationError) as caught:
        save_after_test(bare, secret="", asked_by="Ann")

    assert set(caught.value.problems) == {"name", "host", "port", "from_address", "to", "bcc", "secret"}


@pytest.mark.parametrize("tenant", ["", "x", "../v1", "contoso.com/x", "a@b.c", "contoso", "contoso.com\n", "common"])
def test_a_tenant_that_could_lead_elsewhere_is_refused(tenant) -> None:
    configuration = graph_configuration(saved=False, tenant_id=tenant)

    with pytest.raises(ConfigurationError) as caught:
        save_without_test(configuration, secret=PASSWORD, asked_by="Ann")

    assert "tenant_id" in caught.value.problems


def test_a_password_in_clear_text_needs_consent(sink) -> None:
    configuration = smtp_configuration(sink, saved=False, username=USER, clear_text_sign_in=False)

    with pytest.raises(ConfigurationError) as caught:
        save_after_test(configuration, secret=PASSWORD, asked_by="Ann")

    assert "travels unencrypted" in caught.value.problems["clear_text_sign_in"][0]


def test_the_test_button_notes_its_result(sink) -> None:
    stored = smtp_configuration(sink, username=USER, secret="wrong password")

    email = test_saved(stored, asked_by="Ann")

    stored.refresh_from_db()
    assert (email.kind, email.state, stored.last_state, stored.tested_at) == ("test", "failed", "failed", None)
    assert stored.last_message.startswith("sign-in: The mail server refused.")
