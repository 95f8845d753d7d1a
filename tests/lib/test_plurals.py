"""Numbers with their words: right for none, one and many."""

import pytest

from intacct_usage.lib.plurals import counted, part_of


@pytest.mark.parametrize(("number", "words"), [(0, "0 companies"), (1, "1 company"), (1200, "1,200 companies")])
def test_a_number_has_the_word_that_fits(number: int, words: str) -> None:
    assert counted(number, "company", "companies") == words


@pytest.mark.parametrize(
    ("part", "total", "words"),
    [
        (1, 1, "1 company was"),
        (0, 1, "0 of 1 company was"),
        (1, 12, "1 of 12 companies were"),
        (0, 12, "0 of 12 companies were"),
        (12, 12, "12 of 12 companies were"),
    ],
)
def test_a_part_has_the_words_of_the_whole(part: int, total: int, words: str) -> None:
    assert part_of(part, total, "company was", "companies were") == words


def test_a_regular_word_needs_no_second_form() -> None:
    assert (counted(1, "record"), counted(2, "record")) == ("1 record", "2 records")
