"""An installation in which every address of the site shows something."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.admin.sites import site as admin_site
from django.contrib.auth.models import User
from django.db.models import Model

from intacct_usage.api.tokens import create_token
from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from notifications.models import DeliveryAttempt, EmailConfiguration, OutgoingEmail, ReportRequest
from scheduling.models import Occurrence, Schedule
from tests.web.full_site import fill_site
from usage.models import ApiCredential, BackgroundJob, Company, CompanySource, FetchRun, OutboundProxy


@dataclass
class Installation:
    """`numbers` holds a fitting value for the converters of every route, by the route's name."""

    numbers: dict[str, object] = field(default_factory=dict)
    token: str = ""

    def first(self, model: type[Model]) -> object:
        return model._default_manager.order_by("pk").values_list("pk", flat=True)[0]


def fill_installation(text: str = "plain") -> Installation:
    """Rows of every kind; `text` stands wherever a person or another system may have put one."""
    fill_site()
    made = Installation()
    configuration = _connections(text)
    schedule = _schedules(text, configuration)
    email = _mails(text, configuration)
    owner = User.objects.create_user("owner", first_name=text[:150], is_superuser=True)
    made.token = create_token(owner, name=text[:100], scope="run", days=30, by=text[:150])[1]
    LogEntry.objects.create(
        at=clock.now(), level="ERROR", logger="usage.fetching.lane", message=text, company=text[:100]
    )
    company, run = made.first(Company), made.first(FetchRun)
    workbook = BackgroundJob.objects.create(kind="report", state="failed", asked_by=text[:150], message=text)
    removal = BackgroundJob.objects.create(kind="remove", state="failed", asked_by=text[:150], message=text)
    made.numbers = {"workbook": workbook.pk, "company_job": removal.pk,
                    "company": company, "run": run, "schedule": schedule.pk, "email": email.pk,
                    "configuration": configuration.pk, "request": made.first(ReportRequest),
                    "report_run": made.first(Occurrence)}  # fmt: skip
    return made


def _connections(text: str) -> EmailConfiguration:
    credential = ApiCredential(sender_id=text[:100], user_id=text[:100], validated_company=text[:100])
    credential.seal("sender_password", "sender-password-1")
    credential.seal("user_password", "user-password-1")
    credential.save()
    OutboundProxy.objects.create(url="https://proxy.example.com:3128", username=text[:100])
    CompanySource.objects.create(url="https://companies.example.com/list")
    return EmailConfiguration.objects.create(
        name=text[:100], host="mail.example.com", from_address="usage@example.com", from_name=text[:100],
        to="finance@example.com", last_message=text, last_state="failed",
    )  # fmt: skip


def _schedules(text: str, configuration: EmailConfiguration) -> Schedule:
    schedule = Schedule.objects.create(name=text[:100], kind="daily", timing="02:30", zone="UTC", created_by=text[:150])
    schedule.emails.add(configuration)
    now = clock.now()
    for number, state in enumerate((Occurrence.State.ERROR, Occurrence.State.SUCCESS)):
        Occurrence.objects.create(
            schedule=schedule, schedule_name=text[:100], due_at=now - timedelta(days=number + 1), state=state,
            asked_by=text[:150], message=text, finished_at=now, parameters={"mode": "reports_only"},
        )  # fmt: skip
    return schedule


def _mails(text: str, configuration: EmailConfiguration) -> OutgoingEmail:
    to = [f"{text[:50]} <ann@example.com>"]
    email = OutgoingEmail.objects.create(
        dedupe_key="sweep", kind="report", configuration=configuration, configuration_name=text[:100],
        subject=text[:250], recipients={"to": to, "cc": [], "bcc": []}, asked_by=text[:150], note=text[:300],
        schedule_name=text[:100], state=OutgoingEmail.State.FAILED, message=text,
    )  # fmt: skip
    DeliveryAttempt.objects.create(
        email=email, attempt=1, outcome="failed", stage="recipients", server_answer=text, hint=text,
        refused={"finance@example.com": text}, started_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    request = ReportRequest.objects.create(asked_by=text[:150], kinds=["summary"], message=text, state="failed")
    request.configurations.add(configuration)
    return email


def admin_objects() -> dict[str, object]:
    """The first row of every model of the administration, by `app_model`; without those that have none."""
    found = {}
    for model in admin_site._registry:
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            found[f"{model._meta.app_label}_{model._meta.model_name}"] = row.pk
    return found
