"""The table of errors in docs/operations.md, made from the product's own words.

python -m tests.operate.error_table    writes it into the page
"""

from pathlib import Path

from usage.gateway.classification import _RULES
from usage.gateway.error_advice import ADVICE
from usage.gateway.error_families import ErrorFamily

PAGE = Path(__file__).parent.parent.parent / "docs" / "operations.md"
BEGIN, END = "<!-- error table: begin -->\n", "<!-- error table: end -->"
BY_TEXT = {  # numbers that need Intacct's text to tell what they mean
    ErrorFamily.SENDER_CREDENTIALS: ["XL03000006"],
    ErrorFamily.USER_CREDENTIALS: ["XL03000006"],
    ErrorFamily.SENDER_NOT_AUTHORISED: ["XL03000006"],
    ErrorFamily.SESSION: ["XL03000006"],
    ErrorFamily.REQUEST_FORMAT: ["XL03000006"],
    ErrorFamily.FIELDS: ["XL03000006"],
    ErrorFamily.OBJECT_MISSING: ["XL03000009", "WS", "Query Failed"],
}


def numbers(family: ErrorFamily) -> list[str]:
    """Error numbers and HTTP statuses that lead to this family."""
    found = list(BY_TEXT.get(family, []))
    for rule in _RULES:
        if rule.family is family:
            found += rule.errornos
            found += ["HTTP 5xx"] if len(rule.statuses) > 10 else [f"HTTP {status}" for status in rule.statuses]
    return list(dict.fromkeys(found))


def table() -> str:
    rows = ["| number | shown as | meaning | next step |", "|---|---|---|---|"]
    for family, advice in ADVICE.items():
        named = ", ".join(f"`{number}`" for number in numbers(family)) or "–"
        rows.append(f"| {named} | {advice.label} | {advice.meaning} | {advice.suggested_action} |")
    return "\n".join(rows) + "\n"


def write() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    write()
