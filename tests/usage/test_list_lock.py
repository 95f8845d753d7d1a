"""Two people changing the company list at once get both changes, one after the other."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from usage.companies.entries import CompanyEntry
from usage.companies.list_diff import apply_changes
from usage.filters.assignment import set_filter
from usage.models import Company

pytestmark = pytest.mark.django_db(transaction=True)


def run_together(*works: Callable[[], object]) -> list[BaseException]:
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait(60)
            work()
        except Exception as error:  # noqa: BLE001 - the test shows whatever came
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def test_two_loads_of_the_same_new_companies_at_once_add_each_company_once() -> None:
    entries = [CompanyEntry(f"C{number}") for number in range(200)]

    failures = run_together(*[lambda: apply_changes(entries)] * 4)

    assert failures == []
    assert Company.objects.count() == 200


def test_a_filter_saved_while_companies_are_loaded_reaches_all_of_them() -> None:
    entries = [CompanyEntry(f"UK_{number}") for number in range(300)]

    failures = run_together(lambda: apply_changes(entries), lambda: set_filter("UK", kind="prefix", value="UK_"))

    assert failures == []
    assert Company.objects.filter(query_filter__name="UK").count() == 300
