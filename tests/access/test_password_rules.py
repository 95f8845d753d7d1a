"""Which passwords are taken."""

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.access.people import is_in, sign_in


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "sage green curtains at dawn",
        "intacct pelican umbrella",
        "пароль из четырёх слов",
        "x7 Ω naïve 🐢 tortoise",
        "a" * 40 + "b" * 88,
    ],
)
def test_long_phrases_are_taken(password: str) -> None:
    validate_password(password, User(username="ada"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("startfinding", "password_too_common"),
        ("Intacct-Usage-2026!", "password_product_words"),
        ("1ntacct_4dm1n_2026", "password_product_words"),
        ("sageintacctapi!", "password_product_words"),
        ("administrator1", "password_product_words"),
        ("augusta.lovelace", "password_too_similar"),
    ],
)
def test_what_is_easy_to_guess_is_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="augusta.lovelace"))

    assert code in {error.code for error in refused.value.error_list}


def test_a_password_of_a_hundred_and_more_characters_signs_in_whole(db, client) -> None:
    password = "pelican " * 20
    User.objects.create_user("ada", password=password)

    assert sign_in(client, password[:-2]).status_code == 200
    assert sign_in(client, password).status_code == 302
    assert is_in(client)
