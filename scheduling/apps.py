from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import m2m_changed


class SchedulingConfig(AppConfig):
    name = "scheduling"

    def ready(self) -> None:
        from django_q.signals import pre_execute

        from notifications.uses import register_use_finder
        from scheduling.checks import WORKER_TAG, check_cluster
        from scheduling.email_uses import schedules_using
        from scheduling.models import AlertRecipient, ReportRecipient
        from scheduling.receivers import follow_up_run, keep_recipients
        from scheduling.task_guard import refuse_foreign_task
        from usage.signals import fetch_run_finished

        register(check_cluster, WORKER_TAG)
        register_use_finder(schedules_using)
        pre_execute.connect(refuse_foreign_task, dispatch_uid="scheduling.refuse_foreign_task")
        fetch_run_finished.connect(follow_up_run, dispatch_uid="scheduling.follow_up_run")
        for recipients in (ReportRecipient, AlertRecipient):
            m2m_changed.connect(keep_recipients, sender=recipients, dispatch_uid=f"scheduling.{recipients.__name__}")
