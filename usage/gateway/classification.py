"""How a failure Intacct reports finds its family.

One error number stands for many causes (`XL03000006` for at least six), so a failure is classified by the level it
appears on and by its text as well; the rules are data, first match wins.
"""

import re
from dataclasses import dataclass

from usage.gateway.error_families import ErrorFamily, Level

UNREADABLE_FIELDS = re.compile(r"\[\s*\w+\s*:\s*\[([\w\s,.]*)\]")


@dataclass(frozen=True)
class Failure:
    """The facts a failure is classified by. `errorno` is sometimes a sentence; `text` is plain, without markup.

    `text` is quoted from the answer, or, where `own_words` is set, a whole sentence of this program.
    """

    level: Level
    errorno: str = ""
    text: str = ""
    http_status: int | None = None
    own_words: bool = False


@dataclass(frozen=True)
class _Rule:
    """Matches when each given condition holds; `pattern` or one of `errornos` is enough of the two."""

    family: ErrorFamily
    pattern: str = ""
    errornos: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    statuses: tuple[int, ...] = ()

    def matches(self, failure: Failure) -> bool:
        if self.levels and failure.level not in self.levels:
            return False
        if self.statuses and failure.http_status not in self.statuses:
            return False
        if not self.pattern and not self.errornos:
            return True
        if failure.errorno in self.errornos:
            return True
        return bool(self.pattern) and bool(re.search(self.pattern, f"{failure.errorno} {failure.text}", re.I | re.S))


_F, _L = ErrorFamily, Level
_SERVER_ERRORS = tuple(range(500, 600))
_REQUEST_LEVELS = (Level.HTTP, Level.CONTROL)

_RULES = (
    _Rule(_F.RATE_LIMIT, r"API rate limit exceeded", ("GW-0010",)),
    _Rule(_F.RATE_LIMIT, statuses=(429,)),
    _Rule(_F.TOO_MANY_OPERATIONS, r"too many operations"),
    _Rule(_F.OFFLINE, r"service is temporarily off-?line"),
    _Rule(_F.SENDER_CREDENTIALS, r"incorrect intacct xml partner id or password"),
    _Rule(
        _F.REQUEST_FORMAT,
        r"is not a valid transport policy|xml parse (schema )?error",
        ("XL03000003",),
        (_L.CONTROL, _L.HTTP),
    ),
    _Rule(_F.SENDER_NOT_AUTHORISED, r"invalid web services authorization|not authorized to make web services requests"),
    _Rule(_F.SESSION, r"invalid session", levels=(_L.CONTROL, _L.AUTHENTICATION)),
    _Rule(_F.USER_CREDENTIALS, r"sign-?in information is incorrect", ("XMLGW_JPP0002", "UJPP0002")),
    _Rule(_F.USER_CREDENTIALS, r"locked out|user.{0,60}\blocked|password.{0,40}expired", levels=(_L.AUTHENTICATION,)),
    _Rule(_F.ADDRESS_DENIED, r"\bIP address\b.{0,80}(denied|not (allowed|permitted|authorized)|restricted)"),
    _Rule(_F.COMPANY_INACTIVE, r"is a demo company and has expired", ("PL04000055",)),
    _Rule(
        _F.COMPANY_INACTIVE,
        r"company\b.{0,80}\b(suspended|inactive|deactivated|terminated|cancell?ed|has expired)",
        levels=(_L.CONTROL, _L.AUTHENTICATION),
    ),
    _Rule(_F.COMPANY_UNKNOWN, errornos=("GW-0011", "invalidRequest")),
    _Rule(_F.PERMISSION, r"you do not have permission", ("PL04000005",), (_L.FUNCTION,)),
    _Rule(_F.OBJECT_MISSING, r"object definition .{0,200}not found", levels=(_L.FUNCTION,)),
    _Rule(_F.FIELDS, rf"invalid fields list|{UNREADABLE_FIELDS.pattern}", levels=(_L.FUNCTION,)),
    _Rule(_F.SIGN_IN_REFUSED, levels=(_L.AUTHENTICATION,)),
    _Rule(_F.TRY_LATER, r"please try again later"),
    _Rule(_F.DATA_LAYER, errornos=("DL02000001",)),
    _Rule(_F.CDN_TIMEOUT, levels=_REQUEST_LEVELS, statuses=(524,)),
    _Rule(_F.CDN_BLOCK, levels=(_L.HTTP,), statuses=(403,)),
    _Rule(_F.USER_CREDENTIALS, levels=_REQUEST_LEVELS, statuses=(401,)),
    _Rule(_F.SERVER, levels=_REQUEST_LEVELS, statuses=_SERVER_ERRORS),
    _Rule(_F.COMPANY_UNKNOWN, levels=(_L.HTTP,), statuses=(400,)),
    _Rule(_F.REQUEST_REFUSED, levels=(_L.CONTROL,)),
    _Rule(_F.FUNCTION_ERROR, levels=(_L.FUNCTION,)),
)


def classify(failure: Failure) -> ErrorFamily:
    """Return the family of a failure Intacct reported; an unknown code falls to the family of its level."""
    return next((rule.family for rule in _RULES if rule.matches(failure)), ErrorFamily.UNREADABLE_ANSWER)
