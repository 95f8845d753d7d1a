"""One text is one line that can forge neither entries nor a reading order."""

import pytest

from intacct_usage.lib.redaction import LINE_LIMIT, escape_line

SHOWN = {
    "a\nb": "a\\nb",
    "a\r\nINFO forged": "a\\r\\nINFO forged",
    "a\tb": "a\\tb",
    "\x00\x07\x1b[31mred": "\\x00\\x07\\x1b[31mred",
    "\x7f\x85\x9b": "\\x7f\\x85\\x9b",
    "a\u2028b\u2029": "a\\u2028b\\u2029",
    "abc\u202egpj.exe": "abc\\u202egpj.exe",
    "\u2066x\u2069\u200f\u061c": "\\u2066x\\u2069\\u200f\\u061c",
    "a\u200bb\ufeff\u00ad": "a\\u200bb\\ufeff\\xad",
    "\ud800": "\\ud800",
    "Größe “漢字” 😀 100 %": "Größe “漢字” 😀 100 %",
}


@pytest.mark.parametrize(("text", "line"), SHOWN.items())
def test_what_could_deceive_is_shown_as_a_code(text: str, line: str) -> None:
    assert escape_line(text) == line


def test_a_long_text_is_cut_with_a_mark_and_its_length() -> None:
    line = escape_line("x" * 10_000_000)

    assert len(line) == LINE_LIMIT
    assert line.endswith("xxx… [cut, 10000000 characters]")


def test_the_limit_holds_although_codes_are_longer_than_characters() -> None:
    assert escape_line("\n" * 40, limit=80) == "\\n" * 40
    assert len(escape_line("\x1b" * 60, limit=80)) == 80


@pytest.mark.parametrize("limit", [1, 5, 30, 100])
def test_no_limit_is_ever_exceeded(limit: int) -> None:
    assert len(escape_line("word " * 100, limit=limit)) <= limit
    assert len(escape_line("\n" * 100, limit=limit)) <= limit
