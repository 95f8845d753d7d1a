"""Neither words nor time tell whether there is such an account."""

import time

from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD, sign_in

ROUNDS = 8
ARGON2 = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def seconds(name: str, number: int) -> float:
    client = Client()
    started = time.perf_counter()
    sign_in(client, "wrong", name=name, address=f"203.0.113.{number}")
    return time.perf_counter() - started


def test_an_unknown_account_takes_as_long_as_a_wrong_password(db, settings) -> None:
    settings.PASSWORD_HASHERS = ARGON2
    User.objects.create_user("ada", password=PASSWORD)
    without_password = User(username="grace")
    without_password.set_unusable_password()
    without_password.save()

    rounds = [{name: seconds(name, number) for name in ("ada", "nobody", "grace")} for number in range(ROUNDS)]

    quickest = {name: min(times[name] for times in rounds) for name in rounds[0]}  # the least disturbed of each
    assert all(0.5 < quickest[name] / quickest["ada"] < 2 for name in ("nobody", "grace")), quickest


def test_passwords_are_kept_as_argon2id(db, settings) -> None:
    settings.PASSWORD_HASHERS = ARGON2

    assert User.objects.create_user("ada", password=PASSWORD).password.startswith("argon2$argon2id$")


def test_argon2_is_what_the_settings_name_first() -> None:
    from intacct_usage import settings as real  # the tests of this folder replace the list

    assert real.PASSWORD_HASHERS[0] == ARGON2[0]
