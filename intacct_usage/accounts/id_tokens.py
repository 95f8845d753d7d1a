"""Checks an ID token: signed by a key of the tenant, for us, from it, now, and for this very sign-in."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from django.core.cache import cache
from django.utils.crypto import constant_time_compare

from intacct_usage.accounts.entra_settings import GUID, EntraSettings
from intacct_usage.lib.outbound import OutboundSession

logger = logging.getLogger(__name__)

ALGORITHMS: Final = ["RS256"]
"""Named here and never taken from the token: "none" and keys used as passwords stay out."""

REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "nonce", "oid", "tid"]
CLOCKS_DIFFER_SECONDS: Final = 60
KEYS_KEPT_SECONDS: Final = 60 * 60
KEYS_ASKED_AGAIN_SECONDS: Final = 5 * 60
DEADLINE_SECONDS: Final = 20.0
MOST_BYTES: Final = 1024 * 1024
OK: Final = 200
BAD_TOKEN: Final = "The answer of Microsoft did not pass its checks, so nobody was signed in. Please start again."  # noqa: S105 - a sentence
TOO_MANY_GROUPS: Final = (
    "You are in more groups than Microsoft lists in a sign-in, so your role is not known. Ask the administrator to "
    "choose “Groups assigned to the application” in the token configuration of this application."
)


class IdentityRefusedError(Exception):
    """Nobody is signed in. `message` is for the person, `reason` for the log; neither holds a token."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


@dataclass(frozen=True)
class Person:
    """Who Microsoft says it is. `groups` are object IDs in small letters."""

    tenant_id: str
    object_id: str
    username: str
    name: str
    groups: frozenset[str]


def verified_person(token: str, entra: EntraSettings, session: OutboundSession, *, nonce: str) -> Person:
    """The person of a good token. Raises IdentityRefusedError, or OutboundError if the keys cannot be fetched."""
    try:
        key = _key(str(jwt.get_unverified_header(token).get("kid", "")), entra, session)
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=entra.client_id,
            issuer=entra.issuer,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={"require": REQUIRED, "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise IdentityRefusedError(BAD_TOKEN, f"ID token: {type(error).__name__}") from None
    if not constant_time_compare(str(claims["nonce"]), nonce):
        raise IdentityRefusedError(BAD_TOKEN, "ID token: nonce of another sign-in")
    if str(claims["tid"]).lower() != entra.tenant_id or not GUID.fullmatch(str(claims["oid"])):
        raise IdentityRefusedError(BAD_TOKEN, "ID token: tenant or object ID")
    return _person(claims)


def _person(claims: Mapping[str, Any]) -> Person:  # Any: JSON
    groups = claims.get("groups")
    if groups is None and ("groups" in (claims.get("_claim_names") or {}) or claims.get("hasgroups")):
        raise IdentityRefusedError(TOO_MANY_GROUPS, "ID token: groups are not listed (overage)")
    listed = groups if isinstance(groups, list) else []
    return Person(
        tenant_id=str(claims["tid"]).lower(),
        object_id=str(claims["oid"]).lower(),
        username=str(claims.get("preferred_username") or ""),
        name=str(claims.get("name") or ""),
        groups=frozenset(str(group).lower() for group in listed),
    )


def _key(key_id: str, entra: EntraSettings, session: OutboundSession) -> jwt.PyJWK:
    """The tenant's key with this ID. Keys change: an unknown one is asked for, but not more than every five minutes."""
    kept, asked = f"entra-keys:{entra.keys_url}", f"entra-keys-asked:{entra.keys_url}"
    found = _find(key_id, cache.get(kept, ""))
    if found is None and cache.add(asked, True, KEYS_ASKED_AGAIN_SECONDS):
        answer = session.get(entra.keys_url, deadline_seconds=DEADLINE_SECONDS, max_bytes=MOST_BYTES)
        if answer.status == OK:
            cache.set(kept, answer.text, KEYS_KEPT_SECONDS)
            found = _find(key_id, answer.text)
        else:
            cache.delete(asked)
    if found is None:
        raise IdentityRefusedError(BAD_TOKEN, "ID token: signed with a key the tenant does not list")
    return found


def _find(key_id: str, text: str) -> jwt.PyJWK | None:
    try:
        listed = json.loads(text)["keys"] if text else []
        entries = [entry for entry in listed if entry.get("kid") == key_id and entry.get("kty") == "RSA"]
        return jwt.PyJWK(entries[0], algorithm=ALGORITHMS[0]) if entries else None
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
        logger.warning("The list of Microsoft's signing keys could not be read")
        return None
