"""Keys are rotated as a whole or not at all; a wrong key is told and overwrites nothing."""

import signal

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.key_check import write_key_check
from intacct_usage.lib.crypto import generate_key
from intacct_usage.lib.stored_secrets import unreadable_secrets, warning_about
from intacct_usage.models import KeyCheck
from notifications.models import EmailConfiguration
from tests.commands.processes import manage, python
from tests.environment import TEST_ENCRYPTION_KEY
from tests.factories import make_company
from usage.fetching.runs import RunRefusedError, ask_for_run
from usage.models import ApiCredential, CompanySource, FetchRun, OutboundProxy

OLD, NEW = generate_key(), generate_key()
SECRETS = ("s3nder-canary", "us3r-canary", "pr0xy-canary", "t0ken-canary", "ma1l-canary", "gr4ph-canary")

KILLED_AFTER = """
import os, signal, sys
from django.db.backends.base.base import BaseDatabaseWrapper
from intacct_usage.lib.crypto import KeyRing
from django.core.management import call_command
rotate, commit, done = KeyRing.rotate, BaseDatabaseWrapper._commit, []
def counted(self, ciphertext, **place):
    if len(done) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(1)
    return rotate(self, ciphertext, **place)
def committed(self):
    if len(done) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return commit(self)
BaseDatabaseWrapper._commit = committed
KeyRing.rotate = counted
call_command("rotate_encryption_keys")
"""


def store_secrets() -> None:
    rows = (
        (ApiCredential(sender_id="s", user_id="u"), {"sender_password": SECRETS[0], "user_password": SECRETS[1]}),
        (OutboundProxy(url="http://proxy.example.com:8080"), {"password": SECRETS[2]}),
        (CompanySource(url="https://companies.example.com"), {"token": SECRETS[3]}),
        (EmailConfiguration(name="Smtp", from_address="a@example.com"), {"secret": SECRETS[4]}),
        (EmailConfiguration(name="Graph", from_address="a@example.com"), {"secret": SECRETS[5]}),
    )
    for row, secrets in rows:
        for field_name, secret in secrets.items():
            row.seal(field_name, secret)
        row.save()


def readable() -> list[str]:
    credential, proxy, source = ApiCredential.current(), OutboundProxy.current(), CompanySource.current()
    mails = [EmailConfiguration.objects.get(name=name).reveal("secret") for name in ("Smtp", "Graph")]
    secrets = [credential.reveal("sender_password"), credential.reveal("user_password")]
    return [*secrets, proxy.reveal("password"), source.reveal("token"), *mails]


@pytest.fixture
def installation(transactional_db, settings):
    """Six secrets of four tables and the key check, saved with the old key."""
    settings.ENCRYPTION_KEYS = [OLD]
    KeyCheck.objects.all().delete()
    write_key_check()
    store_secrets()


def test_a_rotation_leaves_every_secret_readable_with_the_new_key_alone(installation, settings, capsys) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert readable() == list(SECRETS)

    call_command("rotate_encryption_keys")

    settings.ENCRYPTION_KEYS = [NEW]
    assert readable() == list(SECRETS)
    assert capsys.readouterr().out.startswith("Encrypted 6 stored secrets with the first key of ENCRYPTION_KEY.\n")
    settings.ENCRYPTION_KEYS = [OLD]
    assert len(unreadable_secrets()) == 6


def test_a_rotation_twice_changes_nothing_more(installation, settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    call_command("rotate_encryption_keys")
    call_command("rotate_encryption_keys")

    settings.ENCRYPTION_KEYS = [NEW]
    assert readable() == list(SECRETS)


@pytest.mark.parametrize("rotated_before", range(8))
def test_a_rotation_killed_in_the_middle_changed_nothing(installation, settings, rotated_before: int) -> None:
    """Before each of the six secrets and the key check, and with all of them done before the commit."""
    killed = python(KILLED_AFTER, str(rotated_before), ENCRYPTION_KEY=f"{NEW},{OLD}")

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert readable() == list(SECRETS)
    assert manage("rotate_encryption_keys", ENCRYPTION_KEY=f"{NEW},{OLD}").returncode == 0
    settings.ENCRYPTION_KEYS = [NEW]
    assert readable() == list(SECRETS)


def test_a_rotation_that_cannot_read_a_secret_changes_nothing(installation, settings, capsys) -> None:
    EmailConfiguration.objects.filter(name="Graph").update(secret="v1:" + "x" * 100)
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=r"^1 stored secrets cannot be read. Nothing was changed.$"):
        call_command("rotate_encryption_keys")

    settings.ENCRYPTION_KEYS = [OLD]
    assert [secret.name for secret in unreadable_secrets()] == [
        "Email configuration “Graph”, password or client secret"
    ]


def test_check_secrets_names_each_secret_and_shows_none(installation, capsys) -> None:
    call_command("check_secrets")

    output = capsys.readouterr().out
    assert "Api credentials “u by sender s”, sender password: can be read\n" in output
    assert output.endswith("All 6 stored secrets can be read.\n")
    assert "canary" not in output


def test_check_secrets_with_a_wrong_key_ends_with_1_and_overwrites_nothing(installation, settings) -> None:
    checked = manage("check_secrets", ENCRYPTION_KEY=NEW)

    assert checked.returncode == 1
    assert "CommandError: 6 of 6 stored secrets cannot be read. Nothing was changed." in checked.stderr
    assert checked.stdout.count("it was saved with a key that is not in ENCRYPTION_KEY") == 6
    assert readable() == list(SECRETS)


def test_the_ciphertext_of_another_row_is_refused_and_told_as_such(installation) -> None:
    moved = OutboundProxy.current().password
    EmailConfiguration.objects.filter(name="Smtp").update(secret=moved)

    (unreadable,) = unreadable_secrets()

    assert unreadable.reason.startswith("its ciphertext was written for another place and is refused here")


def test_a_damaged_secret_is_told_from_a_wrong_key(installation) -> None:
    CompanySource.objects.update(token=CompanySource.current().token[:-10])

    (unreadable,) = unreadable_secrets()

    assert unreadable.reason.startswith("ENCRYPTION_KEY is right but does not open it")


def test_with_a_wrong_key_runs_are_refused_in_one_sentence_and_nothing_is_overwritten(installation, settings) -> None:
    make_company("Acme")
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(RunRefusedError) as refusal:
        ask_for_run(asked_by="test")

    assert refusal.value.message.startswith(
        "3 stored secrets cannot be read with the present ENCRYPTION_KEY; nothing was overwritten. Api credentials"
    )
    assert not FetchRun.objects.exists()
    settings.ENCRYPTION_KEYS = [OLD]
    assert readable() == list(SECRETS)


def test_a_lost_key_is_over_once_every_secret_was_entered_again(installation, settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    assert not write_key_check()
    for model in (ApiCredential, OutboundProxy, CompanySource, EmailConfiguration):
        model.objects.all().delete()
    store_secrets()

    call_command("check_secrets")

    assert warning_about(unreadable_secrets()) == ""
    CompanySource.objects.update(token="v1:damaged")
    assert unreadable_secrets()[0].reason.startswith("ENCRYPTION_KEY is right")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "ENCRYPTION_KEY is not set. Make one with `manage.py generate_encryption_key`"),
        ("too-short", "ENCRYPTION_KEY: key 1 of 1 is not a Fernet key (32 bytes, URL-safe base64)."),
        (
            f"{TEST_ENCRYPTION_KEY},nonsense",
            "ENCRYPTION_KEY: key 2 of 2 is not a Fernet key (32 bytes, URL-safe base64).",
        ),
    ],
)
def test_a_missing_or_malformed_key_refuses_to_start_in_one_line(db, key: str, sentence: str) -> None:
    started = manage("check_secrets", ENCRYPTION_KEY=key)

    assert started.returncode != 0
    assert sentence in started.stderr
    assert "nonsense" not in started.stderr.replace(sentence, "")
