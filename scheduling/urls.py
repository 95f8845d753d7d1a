"""Addresses of the schedules and runs: /schedules/ and /runs/."""

from django.urls import path

from scheduling.views import actions, companies, editing, history, listing, run, schedule

app_name = "scheduling"
urlpatterns = [
    path("schedules/", listing.schedules, name="schedules"),
    path("schedules/live/", listing.live, name="schedules_live"),
    path("schedules/new/", editing.create, name="create_schedule"),
    path("schedules/preview/", editing.preview, name="preview_schedule"),
    path("schedules/sizes/", editing.sizes, name="estimate_reports"),
    path("schedules/<int:pk>/", schedule.schedule, name="schedule"),
    path("schedules/<int:pk>/edit/", editing.edit, name="edit_schedule"),
    path("schedules/<int:pk>/delete/", editing.delete, name="delete_schedule"),
    path("schedules/<int:pk>/enable/", actions.enable, name="enable_schedule"),
    path("schedules/<int:pk>/disable/", actions.disable, name="disable_schedule"),
    path("schedules/<int:pk>/run/", actions.start, name="run_schedule"),
    path("schedules/<int:pk>/stop/", actions.stop, name="stop_schedule"),
    path("schedules/<int:pk>/later/", actions.remind_no_more, name="remind_no_more"),
    path("runs/", history.runs, name="runs"),
    path("runs/companies/", companies.fetch, name="fetch_companies"),
    path("runs/<int:pk>/", run.fetch_run, name="run"),
    path("runs/<int:pk>/live/", run.fetch_run_live, name="run_live"),
    path("runs/<int:pk>/status.json", run.status, name="run_status"),
    path("runs/<int:pk>/stop/", run.stop, name="stop_run"),
    path("runs/<int:pk>/retry/", run.retry, name="retry_run"),
    path("runs/reports/<int:pk>/", run.report_run, name="report_run"),
    path("runs/reports/<int:pk>/live/", run.report_run_live, name="report_run_live"),
    path("runs/reports/<int:pk>/stop/", run.stop_reports, name="stop_report_run"),
]
