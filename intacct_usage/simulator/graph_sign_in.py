"""The sign-in half of the Microsoft stand-in: client credentials for tokens, refused in Microsoft's own codes."""

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl
from uuid import UUID

from intacct_usage.simulator.web import Json, WebAnswer, WebRequest, json_answer

NO_ID = str(UUID(int=0))


@dataclass(frozen=True)
class IssuedToken:
    expires_at: datetime
    permissions: frozenset[str]


@dataclass(frozen=True)
class Application:
    """The registered application. A secret in `expired_secrets` was right once."""

    tenant_id: str
    client_id: str
    client_secret: str
    expired_secrets: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset({"Mail.Send"})

    def __repr__(self) -> str:
        return f"Application(tenant_id={self.tenant_id!r}, client_id={self.client_id!r})"


class SignInDesk:
    """Answers the discovery and token addresses of one tenant and remembers the tokens it gave out."""

    def __init__(self, application: Application, *, token_seconds: int, clock: Callable[[], datetime]) -> None:
        self._application = application
        self._token_seconds = token_seconds
        self._clock = clock
        self._tokens: dict[str, IssuedToken] = {}
        self._lock = threading.Lock()

    def discovery(self, tenant: str, base_url: str) -> WebAnswer:
        if not self._is_known_tenant(tenant):
            return self._unknown_tenant(tenant)
        base = f"{base_url}/{tenant}"
        return json_answer(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "tenant_region_scope": None,
            }
        )

    def token(self, tenant: str, request: WebRequest) -> WebAnswer:
        """The answer to a client-credentials request."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        refusal = self._refusal(tenant, form)
        if refusal is not None:
            return refusal
        token = f"demo.{secrets.token_urlsafe(32)}"
        expires_at = self._clock() + timedelta(seconds=self._token_seconds)
        with self._lock:
            self._tokens[token] = IssuedToken(expires_at, self._application.permissions)
        lifetime: dict[str, Json] = {"expires_in": self._token_seconds, "ext_expires_in": self._token_seconds}
        return json_answer({"token_type": "Bearer", **lifetime, "access_token": token})

    def find(self, token: str) -> IssuedToken | None:
        """A token given out and not revoked; whether it has expired is for the caller to see."""
        with self._lock:
            return self._tokens.get(token)

    def revoke_all(self) -> None:
        with self._lock:
            self._tokens.clear()

    def _refusal(self, tenant: str, form: Mapping[str, str]) -> WebAnswer | None:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if not self._is_known_tenant(tenant):
            return self._unknown_tenant(tenant)
        if form.get("grant_type") != "client_credentials":
            text = f"The app requested an unsupported grant type '{form.get('grant_type', '')}'."
            return self._refuse(70003, "unsupported_grant_type", text)
        if client.casefold() != self._application.client_id.casefold():
            text = (
                f"Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if "
                "the application has not been installed by the administrator of the tenant or consented to by any user "
                "in the tenant. You may have sent your authentication request to the wrong tenant."
            )
            return self._refuse(700016, "unauthorized_client", text)
        if not form.get("scope", "").endswith("/.default"):
            text = f"The provided value for scope {form.get('scope', '')} is not valid. It must end in /.default."
            return self._refuse(1002012, "invalid_scope", text)
        return self._wrong_secret(secret)

    def _wrong_secret(self, secret: str) -> WebAnswer | None:
        if secret in self._application.expired_secrets:
            text = (
                f"The provided client secret keys for app '{self._application.client_id}' are expired. Visit the Azure "
                "portal to create new keys for your app, or consider using certificate credentials for added security."
            )
            return self._refuse(7000222, "invalid_client", text, status=401)
        if not hmac.compare_digest(secret.encode(), self._application.client_secret.encode()):
            text = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{self._application.client_id}'."
            )
            return self._refuse(7000215, "invalid_client", text, status=401)
        return None

    def _is_known_tenant(self, tenant: str) -> bool:
        return tenant.casefold() == self._application.tenant_id.casefold()

    def _unknown_tenant(self, tenant: str) -> WebAnswer:
        text = (
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant."
        )
        return self._refuse(90002, "invalid_tenant", text)

    def _refuse(self, number: int, error: str, text: str, *, status: int = 400) -> WebAnswer:
        moment = self._clock().strftime("%Y-%m-%d %H:%M:%SZ")
        described = f"AADSTS{number}: {text} Trace ID: {NO_ID} Correlation ID: {NO_ID} Timestamp: {moment}"
        body: dict[str, Json] = {
            "error": error,
            "error_description": described,
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": NO_ID,
            "correlation_id": NO_ID,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
        return json_answer(body, status)
