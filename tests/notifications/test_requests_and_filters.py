"""Requests of Send Reports hold a query filter until they are made, no longer, and never stand for all filters."""

from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from notifications.models import OutgoingEmail, ReportRequest
from notifications.report_requests import ask_for_reports, make_reports_of
from tests.factories import make_filter
from tests.notifications.mailing import graph_configuration
from usage.filters.assignment import FilterSetError, save_filters
from usage.models import QueryFilter
from usage.periods import ALL_DATA
from usage.reports import ReportFormat, ReportScope
from usage.reports.scope import FilterGoneError

pytestmark = pytest.mark.django_db


def ask(query_filter: QueryFilter | None, *, other_only: bool = False) -> ReportRequest:
    scope = ReportScope(query_filter, ALL_DATA, other_only=other_only)
    return ask_for_reports([graph_configuration()], [], ReportFormat.CSV, scope, asked_by="ann")


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_a_filter_is_deleted_after_its_requests_which_keep_its_name(state: str) -> None:
    asked = ask(make_filter("UK", "UK_"))
    ReportRequest.objects.update(state=state)

    save_filters([])

    asked = ReportRequest.objects.get()
    assert (QueryFilter.objects.count(), asked.query_filter, asked.filter_name) == (0, None, "UK")
    with pytest.raises(FilterGoneError, match="The query filter “UK” was removed meanwhile"):
        _ = asked.scope


@pytest.mark.parametrize("state", ["waiting", "making"])
def test_a_filter_of_a_request_that_is_not_made_yet_is_not_deleted(state: str) -> None:
    ask(make_filter("UK", "UK_"))
    ReportRequest.objects.update(state=state)

    with pytest.raises(FilterSetError) as refusal:
        save_filters([])

    assert refusal.value.message == (
        "Reports asked for by ann still need the filter “UK”; delete it when they are made."
    )
    assert QueryFilter.objects.exists()


def test_a_request_whose_filter_is_gone_all_the_same_fails_and_sends_nothing() -> None:
    asked = ask(make_filter("UK", "UK_"))
    QueryFilter.objects.all().delete()

    emails = make_reports_of(asked.pk)

    asked.refresh_from_db()
    assert (emails, OutgoingEmail.objects.count(), asked.state) == ([], 0, "failed")
    assert asked.message == (
        "The query filter “UK” was removed meanwhile, so no reports could be made for it. Nothing was sent."
    )


def test_requests_for_all_and_for_other_companies_need_no_filter() -> None:
    everything, other = ask(None), ask(None, other_only=True)

    assert (everything.scope.filter_name, everything.filter_name) == ("All Filters", "All Filters")
    assert (other.scope.filter_name, other.filter_name) == ("Other", "Other")


def test_the_page_of_a_request_still_names_a_filter_that_was_deleted() -> None:
    operator = User.objects.create_user("olga")
    operator.groups.add(Group.objects.get(name="Operator"))
    client = Client()
    client.force_login(operator)
    asked = ask(make_filter("UK", "UK_"))
    ReportRequest.objects.update(state="queued")
    save_filters([])

    page = client.get(reverse("notifications:report_request", args=[asked.pk])).content.decode()

    assert "<bdi>UK</bdi>, all data." in page


def test_requests_from_before_get_the_names_of_their_filters() -> None:
    asked = [ask(make_filter("UK", "UK_")), ask(None), ask(None, other_only=True)]
    ReportRequest.objects.update(filter_name="All Filters")

    migration = import_module("notifications.migrations.0003_report_request_filter_name")
    migration.fill_names(apps, connection.schema_editor())

    names = [ReportRequest.objects.get(pk=one.pk).filter_name for one in asked]
    assert names == ["UK", "All Filters", "Other"]
    call_command("makemigrations", "notifications", check=True, dry_run=True, stdout=StringIO())
