"""Addresses of reports, companies and configuration."""

from django.urls import path

from usage.views import (
    background_jobs,
    companies,
    company,
    company_clearing,
    company_files,
    company_loading,
    configuration,
    connections,
    query_filters,
    reports,
)

app_name = "usage"
urlpatterns = [
    path("reports/", reports.reports, name="reports"),
    path("reports/download/<slug:report>.<slug:extension>", reports.download, name="download"),
    path("reports/usage-by-month.csv", reports.chart_csv, name="chart_csv"),
    path("reports/workbooks/<int:pk>/", background_jobs.workbook, name="workbook"),
    path("reports/workbooks/make/<slug:report>/", reports.make_workbook, name="make_workbook"),
    path("reports/workbooks/<int:pk>/file/", background_jobs.workbook_file, name="workbook_file"),
    path("companies/<int:pk>/", company.company, name="company"),
    path("companies/<int:pk>/usage-by-month.csv", company.chart_csv, name="company_chart_csv"),
    path("companies/<int:pk>/restore/", company_clearing.restore_records, name="restore_records"),
    path("configuration/", configuration.configuration, name="configuration"),
    path("configuration/credentials/", connections.credentials, name="save_credentials"),
    path("configuration/proxy/", connections.proxy, name="save_proxy"),
    path("configuration/proxy/test/", connections.test_proxy, name="test_proxy"),
    path("configuration/proxy/switch/", connections.proxy_switch, name="switch_proxy"),
    path("configuration/filters/", query_filters.save, name="save_filters"),
    path("configuration/filters/preview/", query_filters.preview, name="preview_filters"),
    path("configuration/companies/", companies.companies, name="companies"),
    path("configuration/companies/load/", company_loading.load, name="load_companies"),
    path("configuration/companies/apply/", company_loading.apply, name="apply_companies"),
    path("configuration/companies/add/", company_files.add, name="add_companies"),
    path("configuration/companies/import/", company_files.import_csv, name="import_companies"),
    path("configuration/companies/export.csv", company_files.export_csv, name="export_companies"),
    path("configuration/companies/skip/", companies.skip, name="skip_companies"),
    path("configuration/companies/unskip/", companies.unskip, name="unskip_companies"),
    path("configuration/companies/remove/", companies.remove, name="remove_companies"),
    path("configuration/companies/clear/", company_clearing.clear, name="clear_companies"),
    path("configuration/companies/removed/", company_clearing.removed, name="removed"),
    path("configuration/companies/restore/", company_clearing.restore, name="restore_companies"),
    path("configuration/companies/job/<int:pk>/", background_jobs.company_job, name="company_job"),
    path("configuration/exceptions/", companies.exceptions, name="exceptions"),
]
