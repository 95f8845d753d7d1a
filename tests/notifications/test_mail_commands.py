"""The commands for mail: secrets from the environment, a test before anything is saved, exit 0 only for success."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.mail_script import MailScript, Stage, refuse
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.report_delivery import send_reports
from tests.notifications.mailing import PASSWORD, allow, smtp_configuration

pytestmark = pytest.mark.django_db
USER = "usage@demo.example"


@pytest.fixture
def sink(settings, tmp_path):
    with MailSink(tmp_path / "mail", users={USER: PASSWORD}) as server:
        allow(settings, server.address)
        yield server


@pytest.fixture(autouse=True)
def secret(monkeypatch) -> None:
    monkeypatch.setenv("EMAIL_SECRET", PASSWORD)


def add(server: object, name: str = "Finance", *more: str) -> None:
    options = ["--provider", "smtp", "--host", "127.0.0.1", "--port", str(server.port), "--security", "none"]
    people = [
        "--from-address",
        USER,
        "--from-name",
        "Usage",
        "--to",
        "Ann <ann@demo.example>",
        "--bcc",
        "b@demo.example",
    ]
    call_command("add_email_configuration", name, *options, *people, *more)


def test_a_configuration_is_added_after_its_test_mail(sink, capsys) -> None:
    add(sink, "Finance", "--username", USER, "--no-proxy")

    stored = EmailConfiguration.objects.get()
    assert (stored.name, stored.use_proxy, stored.reveal("secret"), stored.last_state) == (
        "Finance",
        False,
        PASSWORD,
        "sent",
    )
    assert capsys.readouterr().out == (
        "Test mail: Sent to 2 recipients. (ann@demo.example, b@demo.example)\nSaved “Finance”.\n"
    )
    assert sink.messages()[0].user == USER


def test_a_failed_test_saves_nothing_and_says_at_which_stage(sink, monkeypatch) -> None:
    monkeypatch.setenv("EMAIL_SECRET", "wrong password")

    with pytest.raises(CommandError, match=r"nothing was saved. sign-in: .*535 5\.7\.8"):
        add(sink, "Finance", "--username", USER)

    assert EmailConfiguration.objects.count() == 0


def test_bad_values_are_named_by_their_options(sink) -> None:
    with pytest.raises(CommandError, match=r"--from-address: “nobody”.*\n--to: “x”"):
        call_command(
            "add_email_configuration",
            "Bad",
            "--provider",
            "smtp",
            "--host",
            "h",
            "--from-address",
            "nobody",
            "--to",
            "x",
        )


def test_no_test_saves_without_sending(sink, capsys) -> None:
    add(sink, "Quiet", "--username", USER, "--no-test")

    assert (EmailConfiguration.objects.get().tested_at, sink.messages()) == (None, ())
    assert "without a test" in capsys.readouterr().out


def test_a_name_cannot_be_used_twice(sink) -> None:
    add(sink, "Finance", "--username", USER)

    with pytest.raises(CommandError, match="NAME: There is already a configuration “finance”"):
        add(sink, "finance", "--username", USER)


@pytest.mark.parametrize("report_format", ["csv", "xlsx"])
def test_reports_go_to_each_configuration(sink, capsys, report_format) -> None:
    for name in ("Finance", "IT"):
        smtp_configuration(sink, name=name, username=USER, secret=PASSWORD)

    call_command("send_reports", "--to", "Finance", "it", "--reports", "detailed,summary", "--format", report_format)

    assert capsys.readouterr().out == ("Finance: Sent. Sent to 3 recipients.\nIT: Sent. Sent to 3 recipients.\n")
    names = [part.get_filename() for part in sink.messages()[1].parsed().iter_attachments()]
    assert [(name.split("_")[0], name.rpartition(".")[2]) for name in names] == [
        ("intacct-usage-detailed", report_format),
        ("intacct-usage-summary", report_format),
    ]


def test_one_failure_is_told_and_the_others_still_go(settings, sink, capsys) -> None:
    with ScriptedMailServer(MailScript.of(refuse(Stage.MAIL, "550 5.7.60 SendAs denied"))) as broken:
        allow(settings, broken.address)
        smtp_configuration(broken, name="Broken")
        smtp_configuration(sink, name="Finance", username=USER, secret=PASSWORD)
        with pytest.raises(SystemExit) as ended:
            call_command("send_reports", "--to", "Broken", "Finance", "--reports", "none")

    lines = capsys.readouterr().out.splitlines()
    assert (ended.value.code, len(sink.messages())) == (1, 1)
    assert lines[0].startswith("Broken: Failed. sender: The mail server refused.")
    assert lines[1] == "Finance: Sent. Sent to 3 recipients."


def test_the_range_may_end_with_to_or_until(sink) -> None:
    smtp_configuration(sink, name="Finance", username=USER, secret=PASSWORD)

    for end in ("--to", "--until"):
        call_command("send_reports", "--to", "Finance", "--reports", "none", "--from", "2026-01-01", end, "2026-01-31")

    assert [email.subject for email in OutgoingEmail.objects.all()] == [
        f"Intacct API usage: All Filters, 2026-01, {email.created_at:%Y-%m-%d}" for email in OutgoingEmail.objects.all()
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "Nobody"], "There is no email configuration “Nobody”. Configurations: “Finance”."),
        (["--to", "Finance", "--reports", "nonsense"], "There is no report “nonsense”."),
        (["--to", "Finance", "--format", "pdf"], "There is no format “pdf”."),
        (["--to", "Finance", "--filter", "Nope"], "Nope"),
        (
            ["--to", "Finance", "--from", "9999-12-15"],
            "The first day, 9999-12-15, is out of range; write one from 2000",
        ),
        (
            ["--to", "Finance", "--until", "0001-01-15"],
            "The last day, 0001-01-15, is out of range; write one from 2000",
        ),
        (["--to", "2026-01-01"], "--to must name at least one email configuration."),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_made(sink, arguments, sentence) -> None:
    smtp_configuration(sink, name="Finance", username=USER, secret=PASSWORD)

    with pytest.raises(CommandError, match=sentence):
        call_command("send_reports", *arguments)

    assert OutgoingEmail.objects.count() == 0


def test_a_mail_that_a_worker_took_first_is_waited_for(sink, capsys, monkeypatch) -> None:
    smtp_configuration(sink, name="Finance", username=USER, secret=PASSWORD)
    mails = OutgoingEmail.objects
    real_claim = type(mails.all()).claim
    monkeypatch.setattr(type(mails.all()), "claim", lambda *_args, **_fields: None)

    def worker_finishes(_seconds: float) -> None:
        monkeypatch.setattr(type(mails.all()), "claim", real_claim)
        mails.update(state="pending")
        deliver(mails.get().pk)

    monkeypatch.setattr("intacct_usage.management.commands.send_reports.time.sleep", worker_finishes)
    monkeypatch.setattr("intacct_usage.management.commands.send_reports.send_reports", queued_and_taken)

    call_command("send_reports", "--to", "Finance", "--reports", "none")

    assert (capsys.readouterr().out, len(sink.messages())) == ("Finance: Sent. Sent to 3 recipients.\n", 1)


def queued_and_taken(*arguments: object, **fields: object) -> list[OutgoingEmail]:
    emails = send_reports(*arguments, **fields)
    OutgoingEmail.objects.update(state="sending", lease_until=timezone.now() + timedelta(minutes=1))
    return emails
