import pytest

from usage.records.row_spool import RowSpool
from usage.records.usage_rows import SignatureTexts, StoredRow, StoredRowSpool


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 35])
def test_rows_come_back_in_order_whether_in_memory_or_on_disk(count: int) -> None:
    with RowSpool[tuple[int, str]](rows_in_memory=10) as spool:
        rows = [(number, f"text {number} – ü") for number in range(count)]

        for row in rows:
            spool.append(row)

        assert (list(spool), len(spool), spool.on_disk) == (rows, count, count >= 10)


def test_rows_can_be_read_twice_and_appended_between() -> None:
    with RowSpool[tuple[int]](rows_in_memory=2) as spool:
        spool.append((1,))
        spool.append((2,))
        first = list(spool)

        spool.append((3,))

        assert (first, list(spool)) == ([(1,), (2,)], [(1,), (2,), (3,)])


def test_a_closed_spool_is_empty() -> None:
    spool = RowSpool[tuple[int]](rows_in_memory=1)
    spool.append((1,))

    spool.close()

    assert (list(spool), len(spool)) == ([], 0)


def test_usage_rows_come_back_from_the_file_as_they_were() -> None:
    texts = [
        SignatureTexts(f"partner-{number % 2}", "user", "XMLGW", "query", "success", "", "3.0") for number in (0, 1)
    ]
    rows = [StoredRow(str(n), "2026-02-10", None, n, texts[n % 2], f"control-{n}", "") for n in range(7)]

    with StoredRowSpool(rows_in_memory=3) as spool:
        for row in rows[:4]:
            spool.append(row)
        spool.extend(rows[4:])

        assert (spool.on_disk, len(spool), list(spool)) == (True, 7, rows)
        assert all(isinstance(row.signature, SignatureTexts) for row in spool)
