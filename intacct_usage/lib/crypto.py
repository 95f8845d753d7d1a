"""Secrets at rest: a ring of Fernet keys and ciphertext that only opens in its own place.

`ENCRYPTION_KEY` holds one or more Fernet keys, separated by commas: the first encrypts, all of them decrypt. A
ciphertext is `v1:` and a Fernet token; inside the token the value is preceded by its place (table, column and row), so
that a ciphertext copied into another row is refused instead of being sent to another service.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION_PREFIX = "v1:"
PLACE_SEPARATOR = "\x00"


class SecretUnreadableError(Exception):
    """A stored secret cannot be decrypted with the present keys, or it was moved from another place."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.message = (
            f"The stored secret “{place.rpartition(':')[0] or place}” cannot be read with the present ENCRYPTION_KEY. "
            "Put the key it was saved with back into ENCRYPTION_KEY (after the new one, separated by a comma), "
            "or enter the secret again."
        )
        super().__init__(self.message)


class KeyRing:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        return "<KeyRing>"

    def encrypt(self, plaintext: str, *, place: str) -> str:
        token = self._fernet.encrypt(f"{place}{PLACE_SEPARATOR}{plaintext}".encode())
        return VERSION_PREFIX + token.decode("ascii")

    def decrypt(self, ciphertext: str, *, place: str) -> str:
        """The value; raises SecretUnreadableError for a wrong key, a damaged text or another place's ciphertext."""
        try:
            opened = self._fernet.decrypt(self._token(ciphertext, place)).decode()
        except InvalidToken:
            raise SecretUnreadableError(place) from None
        written_for, _, plaintext = opened.partition(PLACE_SEPARATOR)
        if written_for != place:
            raise SecretUnreadableError(place)
        return plaintext

    def opens(self, ciphertext: str) -> bool:
        """Whether one of the keys fits, for whatever place it was written: tells a wrong key from a wrong place."""
        try:
            self._fernet.decrypt(self._token(ciphertext, ""))
        except (InvalidToken, SecretUnreadableError):
            return False
        return True

    def rotate(self, ciphertext: str, *, place: str) -> str:
        """The same secret encrypted with the first key; keeps the time it was set."""
        self.decrypt(ciphertext, place=place)
        return VERSION_PREFIX + self._fernet.rotate(self._token(ciphertext, place)).decode("ascii")

    def set_at(self, ciphertext: str, *, place: str) -> datetime:
        """When the secret was entered, in UTC."""
        try:
            seconds = self._fernet.extract_timestamp(self._token(ciphertext, place))
        except InvalidToken:
            raise SecretUnreadableError(place) from None
        return datetime.fromtimestamp(seconds, tz=UTC)

    @staticmethod
    def _token(ciphertext: str, place: str) -> bytes:
        if not ciphertext.startswith(VERSION_PREFIX):
            raise SecretUnreadableError(place)
        return ciphertext.removeprefix(VERSION_PREFIX).encode("ascii", "replace")


def generate_key() -> str:
    return Fernet.generate_key().decode("ascii")


def parse_keys(text: str) -> list[str]:
    """The keys of an `ENCRYPTION_KEY` value; raises ImproperlyConfigured with a sentence for a malformed one."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"ENCRYPTION_KEY: key {number} of {len(keys)} is not a Fernet key (32 bytes, URL-safe base64). "
                "Make one with `manage.py generate_encryption_key`."
            ) from None
    if not keys:
        raise ImproperlyConfigured("ENCRYPTION_KEY is empty. Make one with `manage.py generate_encryption_key`.")
    return keys


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(list(keys))


def key_ring() -> KeyRing:
    """The ring of the running installation."""
    return _ring(tuple(settings.ENCRYPTION_KEYS))
