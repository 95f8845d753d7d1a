"""Setting up is never held up by tests that failed; mail that left and guessing at mail servers are bounded."""

import pytest

from intacct_usage.lib import clock
from intacct_usage.simulator.mail import MailSink
from notifications.email_configurations import FailedTestError, save_after_test, test_saved
from notifications.mail_test_limits import TooManyTestsError, refuse_too_many_tests
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import EmailDraft, queue_email
from tests.notifications.mailing import PASSWORD, allow, smtp_configuration

pytestmark = pytest.mark.django_db
USER = "usage@demo.example"


class Nowhere:
    port = 1


@pytest.fixture
def nine_o_clock(time_machine, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    time_machine.move_to("2026-03-10T09:00:00Z", tick=False)


def past_tests(configuration: EmailConfiguration, state: str, *, times: int = 1, by: str = "Ann") -> None:
    for _ in range(times):
        number = OutgoingEmail.objects.count()
        draft = EmailDraft(f"test:{number}", OutgoingEmail.Kind.TEST, "Test", {}, asked_by=by)
        email = queue_email(configuration, draft)
        OutgoingEmail.objects.filter(pk=email.pk).update(state=state, created_at=clock.now(), lease_until=clock.now())


def test_a_configuration_is_saved_after_ten_tests_that_failed_before_anything_left(settings, tmp_path) -> None:
    with MailSink(tmp_path / "mail", users={USER: PASSWORD}) as sink:
        allow(settings, sink.address)
        configuration = smtp_configuration(sink, saved=False, username=USER)
        for _ in range(10):
            with pytest.raises(FailedTestError):
                save_after_test(configuration, secret="wrong password", asked_by="Ann")

        save_after_test(configuration, secret=PASSWORD, asked_by="Ann")

    assert EmailConfiguration.objects.get().last_state == "sent"


@pytest.mark.parametrize("state", ["sent", "partial", "unknown", "sending"])
def test_ten_mails_that_left_are_the_most_of_one_configuration(nine_o_clock, state) -> None:
    configuration = smtp_configuration(Nowhere())
    past_tests(configuration, state, times=10)

    with pytest.raises(TooManyTestsError) as caught:
        test_saved(configuration, asked_by="Ann")

    assert caught.value.message == (
        "10 test mails of one configuration, or to the same recipients, within an hour are the most. "
        "The next one can be sent at 11:01 CET; what the last ones said is in the delivery log."
    )


def test_another_configuration_another_person_and_the_command_line_are_not_held_up(nine_o_clock) -> None:
    configuration = smtp_configuration(Nowhere(), to="ann@demo.example", bcc="")
    other = smtp_configuration(Nowhere(), to="dora@demo.example", bcc="")
    past_tests(configuration, "sent", times=10)

    refuse_too_many_tests(other, asked_by="Ann")
    refuse_too_many_tests(configuration, asked_by="Bob")
    refuse_too_many_tests(configuration, asked_by="command line")


@pytest.mark.parametrize("changed", [{"name": "Another name"}, {"to": "dora@demo.example", "bcc": ""}])
def test_neither_another_name_nor_other_recipients_alone_get_round_the_limit(nine_o_clock, changed) -> None:
    configuration = smtp_configuration(Nowhere(), name="Finance", to="ann@demo.example", bcc="bob@demo.example")
    past_tests(configuration, "sent", times=10)
    for name, value in {"to": "Ann <ANN@demo.example>, bob@demo.example", "bcc": "", **changed}.items():
        setattr(configuration, name, value)

    with pytest.raises(TooManyTestsError, match="or to the same recipients"):
        refuse_too_many_tests(configuration, asked_by="Ann")


def test_sixty_tests_of_any_kind_are_the_most_so_that_nobody_guesses_passwords(nine_o_clock) -> None:
    past_tests(smtp_configuration(Nowhere(), to="dora@demo.example"), "sent", times=9)
    past_tests(smtp_configuration(Nowhere()), "failed", times=50)
    refuse_too_many_tests(smtp_configuration(Nowhere()), asked_by="Ann")
    past_tests(smtp_configuration(Nowhere()), "failed")

    with pytest.raises(TooManyTestsError, match=r"^60 tests within an hour are the most, also of those that failed"):
        refuse_too_many_tests(smtp_configuration(Nowhere()), asked_by="Ann")


def test_the_hour_ends(nine_o_clock, time_machine) -> None:
    configuration = smtp_configuration(Nowhere())
    past_tests(configuration, "sent", times=10)

    time_machine.move_to("2026-03-10T10:01:00Z", tick=False)

    refuse_too_many_tests(configuration, asked_by="Ann")
