"""The company list as a CSV file, out and in. What was exported and imported again exports to the same bytes.

UTF-8 with a byte order mark, RFC 4180. On the way in the header tells the separator, because spreadsheets write the
one of their country. A text that a spreadsheet would take for a formula gets an apostrophe in front,
and loses it on the way in (a text that had one gets a second), so that every value comes back as it was.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

from intacct_usage.lib.plurals import counted
from usage.companies.entries import (
    MOST_COMPANIES,
    TEXT_FIELDS,
    CompanyEntry,
    CompanyListError,
    duplicate_problems,
    id_problem,
    text_problem,
)
from usage.companies.list_diff import CompanyListChanges, apply_changes, entries_of
from usage.models import Company

COLUMNS: Final = ("company_id", "name", "sage_account_number", "reseller", "skipped", "skip_reason")
ENCODING: Final = "utf-8-sig"
MOST_BYTES: Final = 32 * 1024 * 1024
SKIPPED_WORDS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_SEPARATOR: Final = re.compile(r"[,;\t]")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)*")

Row = tuple[int, dict[str, str]]
"""The line a row begins in, and its values by column."""


def export_companies() -> bytes:
    """The listed companies in the order of their IDs, as a file."""
    companies = sorted(Company.objects.listed(), key=lambda company: company.intacct_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries_of(companies):
        values = (entry.intacct_id, entry.name, entry.sage_account_number, entry.reseller)
        skipped = ("yes" if entry.skipped else "no", entry.skip_reason)
        writer.writerow([_guarded(value or "") for value in (*values, *skipped)])
    return text.getvalue().encode(ENCODING)


def import_companies(content: bytes, *, imported_by: str) -> CompanyListChanges:
    """Add the file's companies and change those that are there; others stay as they are. All or nothing.

    Only the column company_id must be there; a column that is missing leaves its values alone, an empty field empties.
    Raises CompanyListError naming lines (of the file, the header is line 1) and columns.
    """
    return apply_changes(read_csv(content), origin=Company.Origin.CSV, changed_by=imported_by)


def read_csv(content: bytes) -> list[CompanyEntry]:
    """The companies of a file, checked; writes nothing. Raises CompanyListError as `import_companies`."""
    if len(content) > MOST_BYTES:
        raise CompanyListError(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    try:
        text = content.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CompanyListError(f"Line {line} is not UTF-8 text. Save the file as “CSV UTF-8”.") from None
    problems: list[str] = []
    entries: list[tuple[int, CompanyEntry]] = []
    for line, values in _rows(text):
        found = list(_row_problems(values))
        problems += (f"Line {line}: {problem}." for problem in found)
        if not found:
            entries.append((line, _entry(values)))
        if len(entries) > MOST_COMPANIES:
            raise CompanyListError(f"The file holds more than {MOST_COMPANIES} companies.")
    problems += duplicate_problems(((line, entry.intacct_id) for line, entry in entries), word="Line")
    if problems:
        raise CompanyListError(problems)
    if not entries:
        raise CompanyListError("The file holds no companies.")
    return [entry for _, entry in entries]


def _rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    columns: list[str] = []
    begins = 1
    try:
        for cells in reader:
            if not columns:
                columns = _checked_header(cells)
            elif any(cells):
                if len(cells) != len(columns):
                    raise CompanyListError(
                        f"Line {begins} has {counted(len(cells), 'field')}, the header {len(columns)}."
                    )
                yield begins, {column: _unguarded(cell) for column, cell in zip(columns, cells, strict=True)}
            begins = reader.line_num + 1
    except csv.Error as error:
        raise CompanyListError(f"Line {begins} cannot be read as CSV: {error}.") from None
    if not columns:
        raise CompanyListError("The file is empty.")


def _separator(text: str) -> str:
    """The first of comma, semicolon and tab in the first line: no name of a column holds one."""
    lines = text.splitlines()
    found = _SEPARATOR.search(lines[0]) if lines else None
    return found[0] if found else ","


def _checked_header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or "company_id" not in columns or len(set(columns)) < len(columns):
        what = (
            f"the column “{unknown[0]}” is not known" if unknown else "company_id is missing or a column stands twice"
        )
        names = ", ".join(COLUMNS)
        raise CompanyListError(f"Line 1: {what}. The columns are {names}, separated by commas, semicolons or tabs.")
    return columns


def _row_problems(values: Mapping[str, str]) -> Iterator[str]:
    if problem := id_problem(values["company_id"].strip()):
        yield f"the company ID {problem}"
    for field in TEXT_FIELDS:
        if problem := text_problem(field, values.get(field, "")):
            yield f"{field} {problem}"
    word = values.get("skipped", "").strip().lower()
    if word not in SKIPPED_WORDS:
        yield "skipped must be yes or no"
    elif values.get("skip_reason") and "skipped" in values and not SKIPPED_WORDS[word]:
        yield "there is a skip_reason, but skipped is not yes"
    elif "skip_reason" in values and "skipped" not in values:
        yield "skip_reason needs the column skipped beside it"


def _entry(values: Mapping[str, str]) -> CompanyEntry:
    return CompanyEntry(
        values["company_id"].strip(),
        name=values.get("name"),
        sage_account_number=values.get("sage_account_number"),
        reseller=values.get("reseller"),
        skipped=SKIPPED_WORDS[values["skipped"].strip().lower()] if "skipped" in values else None,
        skip_reason=values.get("skip_reason"),
    )


def _looks_like_formula(value: str) -> bool:
    return bool(_FORMULA.match(value)) and not _NUMBER.fullmatch(value)


def _guarded(value: str) -> str:
    return f"'{value}" if _looks_like_formula(value) else value


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _looks_like_formula(cell) else cell
