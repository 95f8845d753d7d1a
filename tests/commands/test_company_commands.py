"""The commands for the company list: what they print, when they succeed, and that tokens are no arguments."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.companies_faults import CompaniesFault
from tests.factories import make_company
from tests.usage.companies_api import listed, many, policy_for
from usage.models import Company, CompanySource

pytestmark = pytest.mark.django_db

TOKEN = "tok-en-canary"


@pytest.fixture
def api(settings, monkeypatch):
    monkeypatch.setenv("COMPANIES_API_TOKEN", TOKEN)
    with CompaniesApiSimulator(listed("A", "B", "C", name="new name"), token=TOKEN) as api:
        settings.OUTBOUND_POLICY = policy_for(api.address)
        yield api


def test_load_companies_prints_new_changed_gone_and_unchanged_and_stores_the_source(api, capsys) -> None:
    make_company("A", name="old", origin="api")
    make_company("B", name="new name", origin="api")
    make_company("Z", origin="api")

    call_command("load_companies", "--url", api.url)

    assert capsys.readouterr().out == (
        "  new      C\n"
        "  changed  A: name “old” → “new name”\n"
        "  gone     Z\n"
        "Companies: 1 new, 1 changed, 1 gone, 1 unchanged.\n"
    )
    assert CompanySource.current().reveal("token") == TOKEN


def test_load_companies_again_needs_neither_url_nor_token(api, capsys, monkeypatch) -> None:
    call_command("load_companies", "--url", api.url)
    monkeypatch.delenv("COMPANIES_API_TOKEN")

    call_command("load_companies")

    assert capsys.readouterr().out.endswith("Companies: 0 new, 0 changed, 0 gone, 3 unchanged.\n")


def test_a_dry_run_changes_nothing_and_says_so(api, capsys) -> None:
    make_company("Z", origin="api")

    call_command("load_companies", "--url", api.url, "--dry-run")

    assert capsys.readouterr().out.endswith(
        "Companies: 3 new, 0 changed, 1 gone, 0 unchanged. Nothing was changed (dry run).\n"
        "More than half of the companies are gone: loading will ask for --confirm-shrink.\n"
    )
    assert list(Company.objects.values_list("intacct_id", "missing_since")) == [("Z", None)]
    assert CompanySource.current() is None


def test_load_companies_fails_on_a_broken_answer(api) -> None:
    api.inject(CompaniesFault.SERVER_ERROR)

    with pytest.raises(
        CommandError, match=r"^The companies API has a fault of its own\..*\(status 500\)\. Nothing was"
    ):
        call_command("load_companies", "--url", api.url)

    assert not Company.objects.exists()


def test_load_companies_asks_for_a_confirmation_of_a_much_shorter_list(api) -> None:
    api.companies = many(9)
    call_command("load_companies", "--url", api.url)
    api.companies = many(2)

    with pytest.raises(CommandError, match=r"lacks 7 of the 9 companies.*\(--confirm-shrink confirms it\.\)$"):
        call_command("load_companies")
    call_command("load_companies", "--confirm-shrink")

    assert Company.objects.exclude(missing_since=None).count() == 7


def test_the_token_may_come_from_a_file_and_a_missing_file_is_named(api, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("COMPANIES_API_TOKEN")
    monkeypatch.setenv("COMPANIES_API_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(CommandError, match=r"^COMPANIES_API_TOKEN_FILE names .*, which cannot be read"):
        call_command("load_companies", "--url", api.url)

    (tmp_path / "token").write_text(f"{TOKEN}\n")
    call_command("load_companies", "--url", api.url)

    assert Company.objects.count() == 3


def test_without_any_source_the_sentence_says_what_to_give() -> None:
    with pytest.raises(CommandError, match=r"^No companies API configured\. .*--url"):
        call_command("load_companies")


def test_an_exported_file_imports_into_an_empty_list_and_exports_alike(tmp_path: Path, capsys) -> None:
    make_company("UK_1", name="=1+1", sage_account_number="0042")
    make_company("Ä", skipped_at="2026-01-01T00:00Z", skip_reason='two\nlines "x"')
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    call_command("export_companies", str(first))
    Company.objects.all().delete()

    call_command("import_companies", str(first))
    call_command("export_companies", str(second))

    assert first.read_bytes() == second.read_bytes()
    assert capsys.readouterr().out == (
        f"2 companies in {first}.\nCompanies: 2 new, 0 changed, 0 unchanged.\n2 companies in {second}.\n"
    )


def test_import_companies_names_the_line_and_the_file(tmp_path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("company_id,skipped\nA,no\nB,perhaps\n")

    with pytest.raises(CommandError, match=r"^Line 3: skipped must be yes or no\.$"):
        call_command("import_companies", str(wrong))
    with pytest.raises(CommandError, match=r"missing\.csv cannot be read: No such file or directory\.$"):
        call_command("import_companies", str(tmp_path / "missing.csv"))
    with pytest.raises(CommandError, match=r"out\.csv cannot be written: No such file or directory\.$"):
        call_command("export_companies", str(tmp_path / "none" / "out.csv"))

    assert not Company.objects.exists()
