"""Which query filter a company belongs to: exactly one, or none, which is “Other”. No database, no clock.

A company ID is compared in upper and lower case, and always from its first to its last character:

- prefix: the ID begins with the value; every character stands for itself, so `UK_` never matches `UKX`.
- glob: the whole ID fits the value; `*` stands for any characters or none, `?` for exactly one.
- regular expression: the whole ID fits the pattern (so `UK_` alone matches only the ID `UK_`; write `UK_.*`).

Where several filters match, the longest wins, then the lowest position, then the name. The length of a filter is the
number of characters of its value that stand for themselves: all of a prefix, those of a glob without `*` and `?`, and
those of a regular expression outside classes, repetition counts and operators (`(UK|IE)_\\d+` has the length 5).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import regex

VALUE_LIMIT: Final = 200
MATCH_SECONDS: Final = 0.25
PROBE_SECONDS: Final = 0.05
PROBED_LETTERS: Final = 12
LONGEST_ID: Final = 100

_REGEX_TOKENS: Final = regex.compile(
    r"\\[pP]\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[A-Za-z0-9]"  # classes, anchors, references, codes
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"  # a character class
    r"|\(\?(?:P?<\w+>|P[=>]\w+\)|[#][^)]*\)|<?[=!>:|]|[\w-]+[:)]?)"  # a group's head
    r"|\{[^}]*\}|[.^$*+?()|]"
    r"|\\?(?P<literal>.)",
    regex.DOTALL,
)


class MatchKind(StrEnum):
    """The kinds of a query filter, worded as the table keeps them."""

    PREFIX = "prefix"
    GLOB = "glob"
    REGEX = "regex"


@dataclass(frozen=True)
class FilterRule:
    """One query filter; `pk` is None before it is saved. `position` decides between equally long matches."""

    pk: int | None
    name: str
    kind: str
    value: str
    position: int


class FilterRuleError(ValueError):
    """A filter that cannot be used; `message` says why and what to write instead."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class Grouping:
    """A set of filters, made ready to group many companies."""

    def __init__(self, rules: Iterable[FilterRule]) -> None:
        self._strongest_first = sorted(rules, key=_precedence)

    def choose(self, company_id: str) -> FilterRule | None:
        """The one filter of a company, None for “Other”.

        Raises FilterRuleError when a regular expression needs more than a quarter of a second: a guess would put the
        company into another filter from one time to the next.
        """
        return next((rule for rule in self._strongest_first if matches(rule, company_id)), None)


def choose_filter(company_id: str, rules: Iterable[FilterRule]) -> FilterRule | None:
    """As `Grouping(rules).choose`, for one company; the order of `rules` does not matter."""
    return Grouping(rules).choose(company_id)


def matches(rule: FilterRule, company_id: str) -> bool:
    """Whether one filter, taken alone, matches the company. Raises FilterRuleError as `Grouping.choose`."""
    if rule.kind == MatchKind.PREFIX:
        return company_id.startswith(rule.value)
    try:
        return _compiled(rule.kind, rule.value).fullmatch(company_id, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        raise FilterRuleError(f"For the company “{company_id}”: {_too_slow(rule)}") from None


def literal_length(rule: FilterRule) -> int:
    """How many characters of the value stand for themselves; see the head of this module."""
    if rule.kind == MatchKind.PREFIX:
        return len(rule.value)
    if rule.kind == MatchKind.GLOB:
        return sum(character not in "*?" for character in rule.value)
    return sum(token["literal"] is not None for token in _REGEX_TOKENS.finditer(rule.value))


def validate_rule(rule: FilterRule) -> None:
    """Raise FilterRuleError with one sentence for a value that is empty, too long, unreadable or too slow."""
    if rule.kind not in set(MatchKind):
        raise FilterRuleError(f"“{rule.kind}” is not a kind of filter; use prefix, glob or regex.")
    if not rule.value.strip():
        raise FilterRuleError(f"Enter what the company IDs of this filter {_needed(rule.kind)}.")
    if len(rule.value) > VALUE_LIMIT:
        raise FilterRuleError(f"The value has {len(rule.value)} characters; at most {VALUE_LIMIT} are possible.")
    if not rule.value.isprintable():
        raise FilterRuleError("The value holds control characters or line breaks, which no company ID has.")
    if rule.kind == MatchKind.REGEX:
        _validate_regex(rule)


def _precedence(rule: FilterRule) -> tuple[int, int, str]:
    return -literal_length(rule), rule.position, rule.name


def _too_slow(rule: FilterRule) -> str:
    return (
        f"The regular expression “{rule.value}” of the filter “{rule.name}” takes too long. Write it without nested or "
        "overlapping repetitions, or use a pattern with * and ?."
    )


def _needed(kind: str) -> str:
    return "begin with" if kind == MatchKind.PREFIX else "look like"


@lru_cache(maxsize=512)
def _compiled(kind: str, value: str) -> regex.Pattern[str]:
    if kind == MatchKind.REGEX:
        return regex.compile(value, regex.V0)
    first, *others = [_glob_part(part) for part in value.split("*")]
    if not others:
        return regex.compile(first, regex.DOTALL)
    # Each middle part is taken where it first fits and never tried again, so no glob backtracks.
    middle = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return regex.compile(f"{first}{middle}.*{others[-1]}", regex.DOTALL)


def _glob_part(part: str) -> str:
    return "".join("." if letter == "?" else regex.escape(letter) for letter in part)


def _validate_regex(rule: FilterRule) -> None:
    try:
        _compiled(rule.kind, rule.value)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise FilterRuleError(f"“{rule.value}” is not a regular expression: {error}.") from None
    try:
        for probe in _slow_probes(rule.value):
            _compiled(rule.kind, rule.value).fullmatch(probe, timeout=PROBE_SECONDS)
    except TimeoutError:
        raise FilterRuleError(_too_slow(rule)) from None


def _slow_probes(value: str) -> Iterator[str]:
    """IDs on which a pattern that backtracks without end shows it: long runs that fail at the very end."""
    letters = "".join(dict.fromkeys(letter for letter in value if letter.isalnum() or letter in "_-."))
    for run in (*letters[:PROBED_LETTERS], "a", "A", "0", "a_", letters or "a"):
        repeated = (run * LONGEST_ID)[:LONGEST_ID]
        yield f"{repeated}!"
        yield f"{repeated}{letters}!"
