"""Addresses of the email configurations, the delivery log and mailed report files."""

from django.urls import path

from notifications.views import configurations, deliveries, report_files, send_reports

app_name = "notifications"
urlpatterns = [
    path("notifications/", configurations.notifications, name="notifications"),
    path("notifications/add/<slug:provider>/", configurations.add, name="add"),
    path("notifications/deliveries/", deliveries.deliveries, name="deliveries"),
    path("notifications/deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("notifications/deliveries/<int:pk>/again/", deliveries.again, name="send_again"),
    path("notifications/<uuid:pk>/", configurations.edit, name="edit"),
    path("notifications/<uuid:pk>/test/", configurations.test, name="test"),
    path("notifications/<uuid:pk>/delete/", configurations.delete, name="delete"),
    path("reports/send/", send_reports.send_reports, name="send_reports"),
    path("reports/send/<int:pk>/", send_reports.report_request, name="report_request"),
    path("reports/files/<str:token>/", report_files.report_file, name="report_file"),
]
