"""Domains that mail may go to: as an administrator writes them, and whether one is among them."""

import re
from collections.abc import Sequence

DOMAIN = re.compile(
    r"(?:\*\.)?(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


def parse_mail_domains(names: Sequence[str]) -> tuple[str, ...]:
    """`example.com` is that domain, `*.example.com` all below it. Raises ValueError naming the first bad one."""
    domains = []
    for name in names:
        try:
            domain = name.lower().encode("idna").decode("ascii")
        except UnicodeError:
            domain = ""
        if not DOMAIN.fullmatch(domain):
            raise ValueError(f"“{name}” is no domain; write example.com, or *.example.com for all below it.")
        domains.append(domain)
    return tuple(domains)


def is_among(domain: str, allowed: Sequence[str]) -> bool:
    """Without any allowed domain every one is."""
    lower = domain.lower()
    return not allowed or any(
        lower.endswith(one[1:]) and lower != one[2:] if one.startswith("*.") else lower == one for one in allowed
    )
