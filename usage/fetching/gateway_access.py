"""Builds the gateway client of this installation from its settings and stored credentials."""

from django.conf import settings

from usage.fetching.needs import CREDENTIALS
from usage.fetching.runs import RunRefusedError
from usage.fetching.window_fetch import SignIn
from usage.gateway.client import GatewayClient
from usage.gateway.retries import RetryBudget, RetryPolicy
from usage.models import ApiCredential
from usage.outbound_connections import open_outbound_session

SIGN_IN_DEADLINE_SECONDS = 60
RETRIES_PER_COMPANY = 2
LEAST_RETRIES = 50


def retry_policy(companies: int) -> RetryPolicy:
    """Pauses between tries, and a budget of retries for one lane's share of a run, so that an outage ends."""
    return RetryPolicy(budget=RetryBudget(max(LEAST_RETRIES, RETRIES_PER_COMPANY * companies)))


def gateway_client(pauses: RetryPolicy) -> GatewayClient:
    """A client for the configured endpoint; close it. Raises RunRefusedError or SecretUnreadableError."""
    credential = _credential()
    return GatewayClient(
        open_outbound_session(),
        endpoint_url=settings.INTACCT_ENDPOINT_URL,
        sender_id=credential.sender_id,
        sender_password=credential.reveal("sender_password"),
        policy=settings.OUTBOUND_POLICY,
        query_deadline_seconds=settings.HTTP_DEADLINE_SECONDS,
        sign_in_deadline_seconds=min(SIGN_IN_DEADLINE_SECONDS, settings.HTTP_DEADLINE_SECONDS),
        pauses=pauses,
    )


def sign_in_details() -> SignIn:
    """Who signs in to the companies. Raises RunRefusedError or SecretUnreadableError."""
    credential = _credential()
    return SignIn(credential.user_id, credential.reveal("user_password"))


def _credential() -> ApiCredential:
    credential = ApiCredential.current()
    if credential is None:
        raise RunRefusedError.because_of(CREDENTIALS)
    return credential
