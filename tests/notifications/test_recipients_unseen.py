"""Who gets mails, blind copies above all, is told to nobody who may only see runs."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from intacct_usage.simulator.mail_script import MailScript, Stage, refuse
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.recipients import mask_addresses
from tests.api.conftest import Caller, make_token
from tests.notifications.mailing import allow, queued_alert, smtp_configuration
from tests.operate.rows import make_occurrence, make_run, make_schedule

pytestmark = pytest.mark.django_db
CLEO = "cleo@demo.example"
CASES = {
    "one refused": (
        refuse(Stage.RCPT, f"550 5.1.1 <{CLEO}>: no such user", recipient=CLEO),
        "partial",
        "Partly sent. 1 of 3 recipients was refused by the server: “550 5.1.1 <[address]>: no such user”.",
    ),
    "all refused": (refuse(Stage.RCPT, f"550 5.1.1 <{CLEO}>: no such user"), "failed", "<[address]>: no such user"),
    "all put off": (refuse(Stage.RCPT, f"452 4.2.2 {CLEO} is full"), "pending", "452 4.2.2 [address] is full"),
}


def page_of(role: str, address: str) -> str:
    user = User.objects.create_user(f"someone-{role}")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client.get(address).content.decode()


def delivered(settings: object, act: object) -> OutgoingEmail:
    """A mail to three people of a run of a schedule, to a server that does this."""
    run = make_run()
    with ScriptedMailServer(MailScript.of(act)) as server:
        allow(settings, server.address)
        email = queued_alert(smtp_configuration(server))
        OutgoingEmail.objects.filter(pk=email.pk).update(run_id=run.pk)
        make_occurrence(make_schedule("Nightly"), run=run).emails.add(email)
        return deliver(email.pk)


@pytest.mark.parametrize("case", CASES)
def test_neither_run_page_nor_api_nor_log_names_a_recipient(settings, caplog, case: str) -> None:
    act, state, words = CASES[case]
    email = delivered(settings, act)

    page = page_of("Viewer", reverse("scheduling:run", args=[email.run_id]))
    listed = Caller(make_token("Viewer")[1]).get("deliveries")

    assert (email.state, words in email.message) == (state, True), email.message
    assert listed.json()["items"][0]["message"] == email.message
    assert EmailConfiguration.objects.get().last_message == email.message
    assert "recipients was refused" in page or "The server said" in page
    for text in (page, listed.content.decode(), caplog.text):
        assert "@demo.example" not in text


@pytest.mark.parametrize("case", CASES)
def test_the_delivery_page_names_who_was_refused(settings, case: str) -> None:
    email = delivered(settings, CASES[case][0])

    page = page_of("Operator", reverse("notifications:delivery", args=[email.pk]))

    assert CLEO in email.delivery_attempts.get().refused
    assert "refused <bdi>cleo@demo.example</bdi>" in page


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 <ann@demo.example>: no", "550 <[address]>: no"),
        ("Write to o'brien+x@a.example, bob@b.example.", "Write to [address], [address]."),
        ("“ann@müller.example” is full", "“[address]” is full"),
        ("at 10:30 @ noon", "at 10:30 @ noon"),
    ],
)
def test_addresses_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked
