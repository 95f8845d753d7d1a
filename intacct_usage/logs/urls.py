"""Addresses of the people's log: /logs/."""

from django.urls import path

from intacct_usage.logs import views

app_name = "logs"
urlpatterns = [
    path("logs/", views.logs, name="logs"),
    path("logs/lines/", views.lines, name="lines"),
    path("logs/download.txt", views.download, {"extension": "txt"}, name="download_text"),
    path("logs/download.jsonl", views.download, {"extension": "jsonl"}, name="download_json"),
]
