"""Every address of the site. The addresses of the tabs are fixed; each app names its own."""

from django.contrib import admin
from django.urls import include, path

from intacct_usage import audit_pages, health, metrics, views
from intacct_usage.admin import no_view_on_site
from intacct_usage.api import site as api

urlpatterns = [
    path("", views.overview, name="overview"),
    path("search/", views.search, name="search"),
    path("guide/", views.guide, name="guide"),
    path("about/", views.about, name="about"),
    path("", include("usage.urls")),
    path("", include("notifications.urls")),
    path("", include("scheduling.urls")),
    path("", include("intacct_usage.logs.urls")),
    path("audit/", audit_pages.events, name="audit"),
    path("audit/export.csv", audit_pages.export, name="audit_export"),
    path("", include("intacct_usage.accounts.urls")),
    path("admin/r/<path:content_type_id>/<path:object_id>/", admin.site.admin_view(no_view_on_site)),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls()),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = "intacct_usage.errors.bad_request"
handler403 = "intacct_usage.errors.permission_denied"
handler404 = "intacct_usage.errors.page_not_found"
handler500 = "intacct_usage.errors.server_error"
