"""A mail server has to prove who it is, and a password never leaves before it has."""

import base64
import re
from collections.abc import Iterator

import pytest

from intacct_usage.simulator.certificates import make_certificate
from intacct_usage.simulator.mail_script import MailScript, Stage, refuse
from intacct_usage.simulator.scripted_mail import ScriptedMailServer
from notifications.delivery import deliver
from tests.notifications.mailing import PASSWORD, allow, graph_configuration, queued_alert, smtp_configuration

pytestmark = pytest.mark.django_db
USERS = {"usage@demo.example": PASSWORD}


@pytest.fixture(params=["starttls", "ssl"])
def security(request) -> Iterator[str]:
    return request.param


def deliver_to(server: ScriptedMailServer, security: str, *, stage_seconds: float = 10.0, **fields: object):
    configuration = smtp_configuration(
        server, security=security, username="usage@demo.example", secret=PASSWORD, **fields
    )
    return deliver(queued_alert(configuration).pk, stage_seconds=stage_seconds)


def test_an_unknown_authority_is_refused(settings, certificate, security) -> None:
    with ScriptedMailServer(MailScript(users=USERS), security=security, tls=certificate) as server:
        allow(settings, server.address)
        email = deliver_to(server, security)

    assert (email.state, email.delivery_attempts.get().stage) == ("failed", "TLS")
    assert "The certificate of the mail server was not accepted" in email.message
    assert server.sessions()[0].reached < Stage.AUTH


def test_a_certificate_for_another_name_is_refused(settings, tmp_path, security) -> None:
    other = make_certificate(tmp_path, names=("mail.other.example",))
    with ScriptedMailServer(MailScript(users=USERS), security=security, tls=other) as server:
        allow(settings, server.address, ca=other.ca)
        email = deliver_to(server, security)

    assert (email.state, email.delivery_attempts.get().stage) == ("failed", "TLS")
    assert server.sessions()[0].reached < Stage.AUTH


def test_tls_from_the_first_byte_on_a_plain_port_fails_at_once(settings) -> None:
    with ScriptedMailServer(MailScript(users=USERS)) as server:
        allow(settings, server.address)
        email = deliver_to(server, "ssl")

    assert (email.state, email.delivery_attempts.get().stage) == ("pending", "TLS")
    assert "Check that port and security belong together" in email.message


def test_starttls_on_a_tls_port_names_the_likely_cause(settings, certificate) -> None:
    with ScriptedMailServer(MailScript(users=USERS), security="ssl", tls=certificate) as server:
        allow(settings, server.address, ca=certificate.ca)
        email = deliver_to(server, "starttls", stage_seconds=1.0)

    assert email.delivery_attempts.get().stage == "greeting"
    assert "choose SSL/TLS" in email.message


def test_a_stripped_starttls_never_leads_to_clear_text(settings, certificate) -> None:
    script = MailScript(users=USERS, offers_starttls=False)
    with ScriptedMailServer(script, security="starttls", tls=certificate) as server:
        allow(settings, server.address, ca=certificate.ca)
        email = deliver_to(server, "starttls")

    verbs = [command.split()[0].upper() for command in server.sessions()[0].commands]
    assert (email.state, verbs) == ("failed", ["EHLO", "QUIT"])


def test_a_file_of_authorities_that_holds_none_stops_both_ways_with_a_sentence(settings, certificate, tmp_path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with ScriptedMailServer(MailScript(users=USERS), security="ssl", tls=certificate) as server:
        allow(settings, server.address, ca=tmp_path / "ca.pem")
        emails = [deliver_to(server, "ssl"), deliver(queued_alert(graph_configuration()).pk, stage_seconds=1.0)]

    assert all("EXTRA_CA_FILE cannot be used" in email.message for email in emails)


@pytest.mark.parametrize("form", [f"\0usage@demo.example\0{PASSWORD}", PASSWORD], ids=["AUTH PLAIN", "AUTH LOGIN"])
def test_a_server_that_repeats_the_sign_in_does_not_get_it_into_the_records(settings, certificate, form) -> None:
    echoed = base64.b64encode(form.encode()).decode()
    script = MailScript((refuse(Stage.AUTH, f"535 5.7.8 Not {echoed}"),), users=USERS)
    with ScriptedMailServer(script, security="starttls", tls=certificate) as server:
        allow(settings, server.address, ca=certificate.ca)
        email = deliver_to(server, "starttls")

    attempt = email.delivery_attempts.get()
    decodable = re.findall(r"[A-Za-z0-9+/=]{8,}", f"{email.message} {attempt.server_answer}")
    assert "535 5.7.8 Not" in attempt.server_answer
    assert echoed not in f"{email.message} {attempt.server_answer}"
    assert not any(PASSWORD[:8].encode() in base64.b64decode(word + "===") for word in decodable if word in echoed)
