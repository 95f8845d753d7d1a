"""Schedules and the history of their runs in the admin.

django-q2's own admin pages stay closed: whoever could add a row there could have any function run.
"""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q import admin as django_q_admin
from django_q.models import Failure, OrmQ, Success
from django_q.models import Schedule as QueueSchedule

from intacct_usage.lib.access import Right, may
from intacct_usage.lib.history_admin import BoundedPaginator, ReadOnlyAdmin
from scheduling.models import Occurrence, Schedule
from scheduling.run_requests import AlreadyRunningError, run_now
from scheduling.schedules import ScheduleRefusedError, disable_schedule, enable_schedule
from usage.fetching.runs import RunRefusedError
from usage.reports.scope import FilterGoneError

for model in (Failure, OrmQ, QueueSchedule, Success):
    if django_q_admin.admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """Creating and editing belong to the Schedules tab, which shows the next runs while one types."""

    tab, tab_label = "scheduling:schedules", "Edit schedules"
    list_display = ("name", "timing_in_words", "zone", "filter_name", "mode", "enabled", "next_run_at")
    list_filter = ("enabled", "kind", "mode", "query_filter")
    search_fields = ("name",)
    list_select_related = ("query_filter",)
    actions = ("start_runs", "enable", "disable")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.OPERATE_RUNS)

    @admin.action(description="Run now", permissions=["operate"])
    def start_runs(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, run_now, "has started")

    @admin.action(description="Enable", permissions=["operate"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, enable_schedule, "is enabled")

    @admin.action(description="Disable", permissions=["operate"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._each(request, queryset, disable_schedule, "is disabled")

    def _each(self, request: HttpRequest, queryset: QuerySet[Schedule], act: Callable[..., object], done: str) -> None:
        """One line for each schedule; what is refused says why and does not hold up the others."""
        for schedule in queryset:
            try:
                act(schedule, by=request.user.get_username())
            except (RunRefusedError, AlreadyRunningError, FilterGoneError, ScheduleRefusedError) as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                self.message_user(request, f"“{schedule}” {done}.", messages.SUCCESS)


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin):
    """Every time a schedule was due or a person asked, and what became of it."""

    tab, tab_label = "scheduling:runs", "All runs"
    paginator = BoundedPaginator
    list_display = ("schedule_name", "due_at", "origin", "asked_by", "state", "run", "message", "finished_at")
    list_filter = ("state", "origin", "due_at")
    search_fields = ("schedule_name", "asked_by", "=run__id")
    search_help_text = "Schedule, person or run number"
    list_select_related = ("run",)
    ordering = ("-due_at", "-pk")
    exclude = ("lease_owner", "lease_token", "lease_until")
