"""Numbers with their words, right for one as well, for messages and logs; templates have their own filters."""


def counted(number: int, one: str, many: str = "") -> str:
    """“1 company is”, “1,200 companies are”; without `many` an “s” is added to `one`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def part_of(part: int, total: int, one: str, many: str = "") -> str:
    """“3 of 12 companies were”, “0 of 1 company was”, and for all of one “1 company was”."""
    return counted(total, one, many) if part == total == 1 else f"{part:,} of {counted(total, one, many)}"
