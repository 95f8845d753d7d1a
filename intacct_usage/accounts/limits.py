"""How often somebody may guess: five times for an account from one address, fifty times from one address in all.

An attempt is counted before the password is looked at, in one conditional statement, so that a thousand requests at
the same moment get no more guesses than one after the other. Nothing ever counts against an account as a whole:
whoever guesses at it elsewhere cannot keep its owner out.
"""

import ipaddress
import logging
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.crypto import salted_hmac

from intacct_usage.accounts.models import AttemptTally
from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import record
from intacct_usage.lib import clock

logger = logging.getLogger(__name__)

IPV6_SITE: Final = 64
"""One customer's network in IPv6: its owner has as many addresses in it as he likes."""


@dataclass(frozen=True)
class Limit:
    """At most so many attempts. `prolong`: the window ends this long after the last attempt, not after the first."""

    name: str
    most: int
    window: timedelta
    prolong: bool = False


PASSWORDS: Final = Limit("password", 5, timedelta(minutes=15), prolong=True)
CODES: Final = Limit("code", 5, timedelta(minutes=15), prolong=True)
CODES_OF_ACCOUNT: Final = Limit("codes of an account", 30, timedelta(hours=1))
"""Who guesses codes knows the password already; a million codes must not be tried from a thousand addresses."""

FROM_ADDRESS: Final = Limit("address", 50, timedelta(minutes=15))


@dataclass(frozen=True)
class Attempt:
    """One attempt that was let through; `succeeded` uncounts it."""

    keys: tuple[str, ...]

    def succeeded(self) -> None:
        own, *shared = self.keys
        AttemptTally.objects.filter(key=own).delete()
        for key in shared:
            AttemptTally.objects.give_back(key)


class TooManyAttemptsError(Exception):
    """The limit is reached. The words are the same whether there is such an account or not."""

    message = "Too many attempts. Wait 15 minutes, then try again."
    retry_after_seconds = 15 * 60


def take_attempt(limit: Limit, *, name: str, address: str, also: Limit | None = None) -> Attempt:
    """Count an attempt on the account `name` from `address`. Raises TooManyAttemptsError, and then it must not be made.

    `also` is a further limit on the account from everywhere.
    """
    network = network_of(address)
    who = f"{normal(name)}|{network}"
    limits = [(limit, who), (FROM_ADDRESS, network)] + ([(also, normal(name))] if also else [])
    now = clock.now()
    AttemptTally.objects.filter(ends_at__lt=now - timedelta(days=1)).delete()
    taken: list[str] = []
    for each, whose in limits:
        key = _key(each, whose)
        until = now + each.window
        if not AttemptTally.objects.take(key, most=each.most, now=now, until=until, prolong=each.prolong):
            for earlier in taken:
                AttemptTally.objects.give_back(earlier)
            _tell_once(key, each, address)
            raise TooManyAttemptsError
        taken.append(key)
    return Attempt(tuple(taken))


def network_of(address: str) -> str:
    """What counts as one: an IPv4 address, or the network of an IPv6 address. Anything else stands for itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_SITE), strict=False))
    return str(parsed)


def normal(name: str) -> str:
    """Spellings that may be meant for one account count together."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _key(limit: Limit, whose: str) -> str:
    return salted_hmac(f"accounts.attempts.{limit.name}", whose, algorithm="sha256").hexdigest()


def _tell_once(key: str, limit: Limit, address: str) -> None:
    if AttemptTally.objects.tell(key, clock.now()):
        minutes = limit.window.seconds // 60
        logger.warning("Sign-in from %s is blocked for %d minutes after %d attempts", address, minutes, limit.most)
        record("not signed in", Action.SIGN_IN_BLOCKED, target=f"{limit.most} attempts ({limit.name}) in {minutes} min")
