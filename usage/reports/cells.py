"""Makes text safe for spreadsheets: what Intacct or a person typed must never run, link or break the file.

Changed on purpose, everything else stays: control characters other than tab, line feed and carriage return become
their visible pictures (␀ for NUL), half surrogates and the two non-characters that XML forbids become �, CSV text that
a spreadsheet would take for a formula gets a leading apostrophe, XLSX has line feeds for every kind of line end and
cuts text at Excel's limit with a visible mark.
"""

import re

XLSX_CELL_LIMIT = 32_767  # UTF-16 units, Excel's own limit

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 !#-~]*")
# Importers trim white space and invisible characters, so a formula may hide behind them.
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫−]|[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d+)?%?", re.ASCII)
_LINE_ENDS = re.compile(r"\r\n?")


def visible(text: str) -> str:
    """The text without characters that no file format carries safely."""
    return _FORBIDDEN.sub(_picture, text)


def csv_text(text: str) -> str:
    """The quoted field of a text; a leading apostrophe if it would run as a formula, numbers excepted."""
    if _HARMLESS.fullmatch(text):
        return f'"{text}"'
    text = visible(text)
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'


def xlsx_text(text: str) -> tuple[str, bool]:
    """The text of a cell, and whether it was cut."""
    if not _HARMLESS.fullmatch(text):
        text = _LINE_ENDS.sub("\n", visible(text))
    if len(text) * 2 <= XLSX_CELL_LIMIT or _utf16_units(text) <= XLSX_CELL_LIMIT:
        return text, False
    mark = f"… [cut: {len(text):,} characters in all]"
    kept = text.encode("utf-16-le")[: 2 * (XLSX_CELL_LIMIT - len(mark))]
    return kept.decode("utf-16-le", "ignore") + mark, True


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0x7F:
        return "\ufffd"
    return "\u2421" if code == 0x7F else chr(0x2400 + code)


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
