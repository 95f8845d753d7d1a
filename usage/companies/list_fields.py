"""Reads companies out of the items of a JSON list: finds the fields by their names and checks every value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from usage.companies.entries import (
    MOST_COMPANIES,
    CompanyEntry,
    CompanyListError,
    duplicate_problems,
    id_problem,
    text_problem,
)

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

FIELD_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # Most telling first; compared without case, blanks and punctuation.
    "company_id": (
        "companyid",
        "intacctcompanyid",
        "intacctid",
        "companycode",
        "company",
        "instanceid",
        "instance",
        "tenantid",
        "tenant",
        "id",
        "code",
    ),
    "name": ("name", "companyname", "displayname", "instancename", "tenantname", "title"),
    "sage_account_number": (
        "sageaccountnumber",
        "sageaccountno",
        "sageaccount",
        "accountnumber",
        "accountno",
        "account",
        "customernumber",
    ),
    "reseller": ("reseller", "resellername", "partner", "partnername", "var"),
}
MAPPABLE: Final = (*FIELD_NAMES, "list")
_MISSING: Final = object()


@dataclass(frozen=True)
class FieldNames:
    """The names of an item's fields; empty where the list does not tell. A dot leads into an object."""

    company_id: str
    name: str = ""
    sage_account_number: str = ""
    reseller: str = ""

    def shown(self) -> str:
        """What was found, in words, for the preview of a list."""
        pairs = ((field.replace("_", " "), getattr(self, field)) for field in FIELD_NAMES)
        return ", ".join(f"{field} from “{found}”" for field, found in pairs if found)


def read_entries(items: Sequence[Json], mapping: Mapping[str, str]) -> list[CompanyEntry]:
    """The companies of a list of texts or of objects.

    `mapping` names fields where detection is not wanted. Raises CompanyListError naming items (counted from 1) and
    fields: for values of the wrong type, empty, too long or unstorable IDs, and IDs that stand twice.
    """
    if len(items) > MOST_COMPANIES:
        raise CompanyListError(f"The list holds {len(items)} companies; at most {MOST_COMPANIES} are possible.")
    if not items:
        raise CompanyListError("The list holds no companies. Nothing was changed.")
    problems: list[str] = []
    if isinstance(items[0], str):
        numbered = list(_from_texts(items, problems))
    else:
        names = detect_fields(items, mapping)
        numbered = list(_from_objects(items, names, problems))
    problems += duplicate_problems(((number, entry.intacct_id) for number, entry in numbered), word="Item")
    if problems:
        raise CompanyListError(problems)
    return [entry for _, entry in numbered]


def detect_fields(items: Sequence[Json], mapping: Mapping[str, str]) -> FieldNames:
    """The names of the fields: those of `mapping`, else the first known name that items have.

    For the company ID a name under which every item holds text goes before one under which some do not.
    """
    keys = list(dict.fromkeys(key for item in items if isinstance(item, dict) for key in item))
    found = {field: mapping.get(field, "") or _known(field, keys) for field in FIELD_NAMES}
    if not mapping.get("company_id"):
        candidates = _candidates("company_id", keys)
        whole = (key for key in candidates if all(isinstance(_value(item, key), str) for item in items))
        found["company_id"] = next(whole, found["company_id"])
    if not found["company_id"]:
        names = ", ".join(f"“{key}”" for key in keys[:12]) or "none"
        raise CompanyListError(
            f"No field of the items looks like a company ID (fields found: {names}). Name the field of the company ID "
            "under Configuration, Companies."
        )
    return FieldNames(**found)


def type_name(value: Json) -> str:
    """The kind of a JSON value, as the end of “is …”."""
    if value is None:
        return "empty (null)"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


def _normal(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).lower()


def _candidates(field: str, keys: Sequence[str]) -> Iterator[str]:
    for known in FIELD_NAMES[field]:
        yield from (key for key in keys if _normal(key) == known)


def _known(field: str, keys: Sequence[str]) -> str:
    return next(_candidates(field, keys), "")


def _value(item: Json, key: str) -> Json | object:
    """The value under a name, or under a path with dots where no such name exists; _MISSING if there is none."""
    if not isinstance(item, dict):
        return _MISSING
    if key in item or "." not in key:
        return item.get(key, _MISSING)
    head, _, rest = key.partition(".")
    return _value(item.get(head), rest)


def _from_texts(items: Sequence[Json], problems: list[str]) -> Iterator[tuple[int, CompanyEntry]]:
    for number, item in enumerate(items, start=1):
        if not isinstance(item, str):
            problems.append(f"Item {number} is {type_name(item)}, not a text as item 1 is.")
        elif problem := id_problem(item.strip()):
            problems.append(f"Item {number} {problem}.")
        else:
            yield number, CompanyEntry(item.strip())


def _from_objects(items: Sequence[Json], names: FieldNames, problems: list[str]) -> Iterator[tuple[int, CompanyEntry]]:
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problems.append(f"Item {number} is {type_name(item)}, not an object with a company ID.")
            continue
        found = list(_object_problems(item, names))
        problems += (f"Item {number}: {problem}." for problem in found)
        if not found:
            yield number, _entry(item, names)


def _object_problems(item: dict[str, Json], names: FieldNames) -> Iterator[str]:
    value = _value(item, names.company_id)
    if value is _MISSING:
        yield f"the field “{names.company_id}” (company ID) is missing"
    elif not isinstance(value, str):
        # A number has lost its leading zeros before it gets here.
        yield f"the field “{names.company_id}” (company ID) is {_type_of(value)}, not a text"
    elif problem := id_problem(value.strip()):
        yield f"the field “{names.company_id}” (company ID) {problem}"
    for field in ("name", "sage_account_number", "reseller"):
        key = getattr(names, field)
        value = _value(item, key) if key else None
        if value is None or value is _MISSING:
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            yield f"the field “{key}” is {_type_of(value)}, not a text"
        elif problem := text_problem(field, str(value).strip()):
            yield f"the field “{key}” {problem}"


def _type_of(value: object) -> str:
    if value is None or isinstance(value, str | int | float | list | dict):
        return type_name(value)
    return "missing"


def _entry(item: dict[str, Json], names: FieldNames) -> CompanyEntry:
    return CompanyEntry(
        str(_value(item, names.company_id)).strip(),
        name=_told(item, names.name),
        sage_account_number=_told(item, names.sage_account_number),
        reseller=_told(item, names.reseller),
    )


def _told(item: dict[str, Json], key: str) -> str | None:
    """None where the item says nothing, empty text where it says null; whole numbers become their digits."""
    value = _value(item, key) if key else _MISSING
    if value is _MISSING:
        return None
    return "" if value is None else str(value).strip()
