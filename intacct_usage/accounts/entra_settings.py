"""What the environment says about sign-in by Microsoft Entra ID. Imported by the settings: no models here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ImproperlyConfigured

SUPERUSER: Final = "Superuser"
ROLE_NAMES: Final = ("Viewer", "Operator", "Manager", SUPERUSER)
GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class EntraSettings:
    """The registered application. `roles` leads from the object ID of a group (small letters) to the role it gives."""

    tenant_id: str
    client_id: str
    login_url: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        return f"{self.login_url}/{self.tenant_id}"

    @property
    def issuer(self) -> str:
        return f"{self.authority}/v2.0"

    @property
    def keys_url(self) -> str:
        return f"{self.authority}/discovery/v2.0/keys"


def parse_entra(
    *, tenant_id: str, client_id: str, client_secret: str, role_groups: Sequence[str], login_url: str
) -> EntraSettings | None:
    """None if nothing is set. Raises ImproperlyConfigured with one sentence that names the variable."""
    values = {"ENTRA_TENANT_ID": tenant_id, "ENTRA_CLIENT_ID": client_id, "ENTRA_CLIENT_SECRET": client_secret}
    if not any(values.values()) and not role_groups:
        return None
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise ImproperlyConfigured(f"{missing[0]} is not set, but other ENTRA_ variables are.")
    for name in ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID"):
        if not GUID.fullmatch(values[name]):
            raise ImproperlyConfigured(f"{name} must be a GUID such as 01234567-89ab-cdef-0123-456789abcdef.")
    return EntraSettings(tenant_id.lower(), client_id.lower(), login_url, client_secret, _roles(role_groups))


def _roles(pairs: Sequence[str]) -> dict[str, frozenset[str]]:
    if not pairs:
        raise ImproperlyConfigured(
            "ENTRA_ROLE_GROUPS is not set: without it nobody from Microsoft Entra ID gets a role. "
            "Write Viewer=<object ID of a group>,Manager=<object ID>."
        )
    roles: dict[str, set[str]] = {}
    for pair in pairs:
        role, _, group = (part.strip() for part in pair.partition("="))
        if role not in ROLE_NAMES or not GUID.fullmatch(group):
            raise ImproperlyConfigured(
                f"ENTRA_ROLE_GROUPS: “{pair}” is not understood. Write Role=object ID of a group, with a role of "
                f"{', '.join(ROLE_NAMES)}."
            )
        roles.setdefault(group.lower(), set()).add(role)
    return {group: frozenset(names) for group, names in roles.items()}
