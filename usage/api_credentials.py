"""Stores the API credentials, after Intacct has accepted them."""

import logging
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import transaction

from intacct_usage.lib import clock
from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.redaction import SecretsOnTrial
from usage.gateway.client import CompanyConnection, GatewayClient
from usage.gateway.errors import GatewayError
from usage.gateway.retries import RetryPolicy
from usage.models import ApiCredential, Company
from usage.outbound_connections import open_outbound_session

logger = logging.getLogger(__name__)

ID_LIMIT: Final = 100
NOT_SAVED: Final = "Nothing was saved; credentials stored before are unchanged."
ONE_TRY: Final = RetryPolicy(max_tries=1)


class CredentialsRefusedError(Exception):
    """Credentials that were not saved; `reason` says what happened and who does what next, `message` the outcome too.

    A reason that is no more than what to fill in stands alone.
    """

    def __init__(self, reason: str, *, outcome: str = NOT_SAVED) -> None:
        self.reason = reason
        self.message = f"{reason} {outcome}".rstrip()
        super().__init__(self.message)


@dataclass(frozen=True)
class _Wanted:
    """Complete credentials in the clear, for the moment of one sign-in."""

    sender_id: str
    user_id: str
    sender_password: str = field(repr=False)
    user_password: str = field(repr=False)


def save_credentials(
    *, sender_id: str, user_id: str, sender_password: str = "", user_password: str = "", company_id: str = ""
) -> ApiCredential:
    """Sign in with these credentials and store them if Intacct accepts them; else the old ones stay.

    An empty password means the stored one, which belongs to its sender ID or user ID: another ID needs its password
    again. Tried with `company_id`, else with the first company that may be queried. One sign-in at most, never
    repeated, so that saving cannot lock a user. Raises CredentialsRefusedError.
    """
    on_trial = SecretsOnTrial(sender_password, user_password)
    try:
        wanted = _completed(sender_id.strip(), user_id.strip(), sender_password, user_password)
        company = company_id.strip() or _first_company()
        _sign_in(wanted, company)
    except CredentialsRefusedError:
        on_trial.refused()
        raise
    except (SecretUnreadableError, GatewayError) as error:
        on_trial.refused()
        logger.warning("API credentials were not saved. %s", error.message)
        reason = error.message_of_a_trial if isinstance(error, GatewayError) else error.message
        raise CredentialsRefusedError(reason) from None
    with transaction.atomic():
        credential = ApiCredential.current() or ApiCredential()
        credential.sender_id, credential.user_id = wanted.sender_id, wanted.user_id
        credential.seal("sender_password", wanted.sender_password)
        credential.seal("user_password", wanted.user_password)
        credential.validated_at = clock.now()
        credential.validated_company = company
        credential.save()
    logger.info("API credentials saved: user %s, sender %s, tried with %s.", wanted.user_id, wanted.sender_id, company)
    return credential


def _completed(sender_id: str, user_id: str, sender_password: str, user_password: str) -> _Wanted:
    """Fill empty passwords from the stored ones, where they belong to the same ID."""
    for what, value in (("sender ID", sender_id), ("user ID", user_id)):
        if not value:
            raise CredentialsRefusedError(f"Enter the {what}.", outcome="")
        if len(value) > ID_LIMIT or not value.isprintable():
            reason = f"The {what} has at most {ID_LIMIT} characters, all of them visible."
            raise CredentialsRefusedError(reason, outcome="")
    stored = ApiCredential.current() or ApiCredential()
    return _Wanted(
        sender_id,
        user_id,
        sender_password or _stored_password(stored, "sender", sender_id),
        user_password or _stored_password(stored, "user", user_id),
    )


def _stored_password(stored: ApiCredential, whose: str, wanted_id: str) -> str:
    """The stored password of the sender or the user; only for the very ID that it was entered for."""
    stored_id = getattr(stored, f"{whose}_id")
    if not getattr(stored, f"{whose}_password"):
        raise CredentialsRefusedError(f"Enter the {whose} password.", outcome="")
    if wanted_id != stored_id:
        raise CredentialsRefusedError(
            f"The stored {whose} password belongs to the {whose} ID “{stored_id}”. Enter the {whose} password of "
            f"“{wanted_id}”."
        )
    return stored.reveal(f"{whose}_password")


def _first_company() -> str:
    company = Company.objects.queryable().order_by("intacct_id").first()
    if company is None:
        raise CredentialsRefusedError(
            "There is no company to try the credentials with. Name one, or load or add companies first."
        )
    return company.intacct_id


def _sign_in(wanted: _Wanted, company_id: str) -> None:
    """One sign-in, never repeated. Raises GatewayError or SecretUnreadableError (of the proxy's password)."""
    with open_outbound_session() as session:
        client = GatewayClient(
            session,
            endpoint_url=settings.INTACCT_ENDPOINT_URL,
            sender_id=wanted.sender_id,
            sender_password=wanted.sender_password,
            policy=settings.OUTBOUND_POLICY,
            pauses=ONE_TRY,
        )
        CompanyConnection(
            client,
            company_id=company_id,
            user_id=wanted.user_id,
            user_password=wanted.user_password,
            control_id_prefix="credentials",
            wait=lambda _seconds: None,  # nothing is tried twice, so nothing ever waits
        ).sign_in()
