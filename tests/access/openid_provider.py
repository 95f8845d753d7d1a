"""A stand-in for Microsoft's sign-in on 127.0.0.1: authorize, token and keys, with PKCE and signed ID tokens.

It checks what Microsoft checks and refuses otherwise. What it puts into a token can be bent for a test.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "the-client-secret-of-the-stand-in"
PERSON = "99999999-8888-7777-6666-555555555555"
REDIRECT = "http://testserver/accounts/entra/callback/"

Claims = dict[str, Any]


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY = new_key()
"""Made once: it takes a moment."""


def sign(claims: Claims, provider: "OpenIdProvider") -> str:
    return jwt.encode(claims, provider.key, algorithm="RS256", headers={"kid": provider.key_id})


class OpenIdProvider:
    """Listens between enter and exit. `bend` changes the claims, `signer` makes the token, `calls` are asked paths."""

    def __init__(self) -> None:
        self.key, self.key_id = KEY, "key-1"
        self.person: Claims = {"oid": PERSON, "preferred_username": "ada@example.com", "name": "Ada L.", "groups": []}
        self.bend: Callable[[Claims], Claims] = lambda claims: claims
        self.signer: Callable[[Claims, OpenIdProvider], str] = sign
        self.refuses = ""
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host_and_port(self) -> tuple[str, int]:
        return ("127.0.0.1", self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent after the person has signed in."""
        assert (asked["client_id"], asked["response_type"], asked["redirect_uri"]) == (CLIENT, "code", REDIRECT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(24)
        self._codes[code] = asked
        return f"{REDIRECT}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, Claims]:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "AADSTS0: not today"}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if asked["code_challenge"] != challenge.rstrip(b"=").decode():
            return 400, {"error": "invalid_grant", "error_description": "AADSTS501481: code_verifier"}
        return 200, {"token_type": "Bearer", "id_token": self.signer(self.bend(self._claims(asked)), self)}

    def keys(self) -> Claims:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_id, "use": "sig"}]}

    def _claims(self, asked: dict[str, str]) -> Claims:
        now = int(time.time())
        ours = {"iss": f"{self.url}/{TENANT}/v2.0", "aud": CLIENT, "sub": "pairwise", "tid": TENANT, "ver": "2.0"}
        times = {"iat": now, "nbf": now, "exp": now + 3600}
        return {**ours, **times, "nonce": asked["nonce"], **self.person}


def _handler(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.calls.append(urlsplit(self.path).path)
            answers = {f"/{TENANT}/discovery/v2.0/keys": (200, provider.keys())}
            self._answer(*answers.get(self.path, (404, {})))

        def do_POST(self) -> None:
            provider.calls.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            provider.forms.append(form)
            is_token = self.path == f"/{TENANT}/oauth2/v2.0/token"
            self._answer(*(provider.token(form) if is_token else (404, {})))

        def _answer(self, status: int, value: Claims) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
