"""Rules for passwords beyond Django's own (length, list of common passwords, likeness to the user's name)."""

import re
import unicodedata
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

PRODUCT_WORDS: Final = (
    "administrator",
    "accounting",
    "intacct",
    "manager",
    "monitor",
    "operator",
    "reports",
    "report",
    "viewer",
    "welcome",
    "admin",
    "login",
    "usage",
    "sage",
    "api",
)
"""Longer ones first. They may be part of a password; what is left without them must be a password by itself."""

LETTERS_LEFT: Final = 6
READ_AS: Final = str.maketrans("013457@$!", "oieastasi")
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


class ProductWordsValidator:
    """Refuses passwords made of the product's own words and a few figures: “Intacct-Usage-2026!”."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        text = unicodedata.normalize("NFKC", password).casefold()
        shortest = min(len(_without_words(text)), len(_without_words(text.translate(READ_AS))))
        if shortest < LETTERS_LEFT and _has_word(text):
            raise ValidationError(
                "This password is little more than words of this product. Use a phrase nobody would think of here.",
                code="password_product_words",
            )

    def get_help_text(self) -> str:
        return "Your password can’t be made of words of this product, such as Intacct, Usage or Admin."


def _has_word(text: str) -> bool:
    return any(word in text or word in text.translate(READ_AS) for word in PRODUCT_WORDS)


def _without_words(text: str) -> str:
    """The letters that are left."""
    for word in PRODUCT_WORDS:
        text = text.replace(word, " ")
    return _NOT_A_LETTER.sub("", text)
