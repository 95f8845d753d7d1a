"""From a person at Microsoft to an account here: by object ID, with the roles of the groups, none by default."""

import logging
import re
from typing import Final

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from intacct_usage.accounts.entra_settings import SUPERUSER, EntraSettings
from intacct_usage.accounts.id_tokens import IdentityRefusedError, Person
from intacct_usage.accounts.models import EntraIdentity
from intacct_usage.accounts.sessions import end_all_sessions
from intacct_usage.lib.redaction import escape_line
from intacct_usage.roles import ROLES

logger = logging.getLogger(__name__)

LONGEST_NAME: Final = 150
LONGEST_EMAIL: Final = 254
NO_ROLE: Final = (
    "Microsoft knows you, but none of your groups has a role here. Ask the administrator of this application for one."
)
SWITCHED_OFF: Final = "Your account here is switched off. Ask the administrator of this application."
_NOT_IN_A_NAME = re.compile(r"[^\w.@+-]")


def account_of(person: Person, entra: EntraSettings) -> User:
    """The account, made at the first sign-in, with today's roles. Raises IdentityRefusedError.

    A local account of the same name is never taken over. Who lost every role loses it here too, and is signed out.
    """
    roles = {role for group in person.groups for role in entra.roles.get(group, ())}
    identity = EntraIdentity.objects.filter(tenant_id=person.tenant_id, object_id=person.object_id)
    found = identity.select_related("user").first()
    if found is None and not roles:
        raise IdentityRefusedError(NO_ROLE, f"no role for {person.object_id}")
    try:
        with transaction.atomic():
            user = found.user if found is not None else _make(person)
            _give(user, roles)
    except IntegrityError:  # the same person came in twice at this moment; the other one made the account
        user = identity.select_related("user").get().user
    if not roles:
        end_all_sessions(user)
        raise IdentityRefusedError(NO_ROLE, f"no role any more for {user}")
    if not user.is_active:
        raise IdentityRefusedError(SWITCHED_OFF, f"{user} is switched off")
    return user


def _make(person: Person) -> User:
    user = User(username=_free_name(person), first_name=escape_line(person.name, LONGEST_NAME))
    user.email = person.username if _is_email(person.username) else ""
    user.set_unusable_password()
    user.save()
    EntraIdentity.objects.create(user=user, tenant_id=person.tenant_id, object_id=person.object_id)
    logger.info("%s has an account now, from Microsoft Entra ID", user, extra={"user_id": user.pk})
    return user


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_EMAIL


def _free_name(person: Person) -> str:
    """The sign-in name at Microsoft; with a part of the object ID if an account here has it."""
    name = _NOT_IN_A_NAME.sub("", person.username)[: LONGEST_NAME - 10] or "entra"
    taken = User.objects.filter(username__iexact=name).exists()
    return f"{name}-{person.object_id[:8]}" if taken else name


def _give(user: User, roles: set[str]) -> None:
    """The product's roles follow Microsoft; groups that an administrator made here stay."""
    wanted = set(Group.objects.filter(name__in=roles & ROLES.keys()))
    present = set(user.groups.filter(name__in=ROLES))
    user.groups.remove(*(present - wanted))
    user.groups.add(*(wanted - present))
    everything = SUPERUSER in roles
    if (user.is_superuser, user.is_staff) != (everything, everything):
        user.is_superuser = user.is_staff = everything
        user.save(update_fields=["is_superuser", "is_staff"])
