"""What a list says about companies, wherever the list came from, and the rules every entry must meet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models

from usage.models import Company

MOST_COMPANIES: Final = 50_000
PROBLEMS_SHOWN: Final = 10
TEXT_FIELDS: Final = ("name", "sage_account_number", "reseller", "skip_reason")
FIELD_LIMITS: Final[dict[str, int]] = {
    field.name: field.max_length or 0 for field in Company._meta.concrete_fields if isinstance(field, models.CharField)
}
UNSTORABLE: Final = frozenset("\x00")


@dataclass(frozen=True)
class CompanyEntry:
    """One company of a list. None means that the list does not tell; empty text means that there is none."""

    intacct_id: str
    name: str | None = None
    sage_account_number: str | None = None
    reseller: str | None = None
    skipped: bool | None = None
    skip_reason: str | None = None


class CompanyListError(Exception):
    """A list that was refused as a whole; nothing was changed. `problems` are sentences that name item and field."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        further = len(self.problems) - PROBLEMS_SHOWN
        shown = self.problems[:PROBLEMS_SHOWN] + ([f"And {further} more problems."] if further > 0 else [])
        self.message = " ".join(shown)
        super().__init__(self.message)


def company_key(intacct_id: str) -> str:
    """What two spellings of one company ID have in common: case and blanks do not tell companies apart."""
    return "".join(intacct_id.split()).lower()


def text_problem(field: str, value: str) -> str:
    """Why a text cannot be stored in a field of Company, as the end of a sentence; empty if it can."""
    if len(value) > FIELD_LIMITS[field]:
        return f"has {len(value)} characters; at most {FIELD_LIMITS[field]} are possible"
    if any(letter in UNSTORABLE or "\ud800" <= letter <= "\udfff" for letter in value):
        return "holds characters that cannot be stored"
    return ""


def id_problem(intacct_id: str) -> str:
    """Why a text cannot be a company ID, as the end of a sentence; empty if it can."""
    if not intacct_id:
        return "is empty"
    if not intacct_id.isprintable():
        return "holds line breaks, control characters or invisible characters"
    return text_problem("intacct_id", intacct_id)


def duplicate_problems(numbered: Iterable[tuple[int, str]], *, word: str) -> Iterator[str]:
    """One sentence per ID that stands twice, naming both places; `word` is what a place is called (“Line”)."""
    first_places: dict[str, tuple[int, str]] = {}
    for number, intacct_id in numbered:
        key = company_key(intacct_id)
        if key not in first_places:
            first_places[key] = number, intacct_id
            continue
        first, spelling = first_places[key]
        same = "" if spelling == intacct_id else f" (there written “{spelling}”)"
        yield f"{word} {number}: the company ID “{intacct_id}” already stands in {word.lower()} {first}{same}."
