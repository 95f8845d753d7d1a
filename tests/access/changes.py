"""How each change of the site is made for real: what must be there first, and the form that is sent.

A function for each address that changes something; it prepares and returns the form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from intacct_usage.accounts import totp
from intacct_usage.accounts.first_administrator import issue_token
from intacct_usage.accounts.models import SecondFactor, SignInSession
from intacct_usage.accounts.second_factor import begin, switch_off
from intacct_usage.audit.models import Action
from intacct_usage.lib import clock
from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.mail import MailSink
from intacct_usage.simulator.scenario import CompanyScenario, Scenario
from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.models import Occurrence, Schedule
from scheduling.run_requests import run_now
from tests.access.matrix_rows import KEY
from tests.access.people import PASSWORD
from tests.factories import make_company, make_records
from tests.notifications.mailing import allow
from tests.usage.companies_api import listed
from tests.web.posting import post
from usage.companies.archived_batches import batches_of
from usage.fetching.runs import start_next_run
from usage.models import ApiCredential, Company, CompanyFetch, FetchRun
from usage.outbound_connections import save_proxy

SENDER, USER = "s3nder-canary", "us3r-canary"
Form = dict[str, Any]


@dataclass
class Site:
    """The browser of a superuser who signed in with a password, and the servers of this test."""

    client: Client
    user: Any
    settings: Any
    folder: Path
    running: list[Any]

    def start(self, server: Any) -> Any:
        server.__enter__()
        self.running.append(server)
        allow(self.settings, *getattr(server, "addresses", None) or [server.address])
        return server


CHANGES: dict[str, tuple[Action, Callable[[Site], Form]]] = {}


def change(address: str, action: Action) -> Callable[[Callable[[Site], Form]], Callable[[Site], Form]]:
    def note(how: Callable[[Site], Form]) -> Callable[[Site], Form]:
        CHANGES[address] = (action, how)
        return how

    return note


def prefixed(prefix: str, **fields: object) -> Form:
    return {f"{prefix}-{name}": value for name, value in fields.items()}


def fields_of(page: Any, **changes: object) -> Form:
    """What the form of a page holds, as a browser would send it."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**values, **changes}.items() if value not in (None, False, "", [])}


@change("configuration/credentials/", Action.SECRET_SET)
def credentials(site: Site) -> Form:
    companies = (CompanyScenario("A_first"),)
    words = {"senders": {"usagewatch": SENDER}, "users": {"reader": USER}}
    gateway = site.start(GatewaySimulator(Scenario(company_count=0, history_days=0, companies=companies, **words)))
    site.settings.INTACCT_ENDPOINT_URL = gateway.url
    typed = {"sender_id": "usagewatch", "sender_password": SENDER, "user_id": "reader", "user_password": USER}
    return prefixed("credentials", **typed, company_id="A_first")


@change("configuration/proxy/", Action.SECRET_SET)
def proxy(site: Site) -> Form:
    return prefixed("proxy", url="http://proxy.example.com:8080", username="ada", password="pr0xy-canary")


@change("configuration/proxy/switch/", Action.CHANGED)
def proxy_switch(site: Site) -> Form:
    save_proxy(url="http://proxy.example.com:8080")
    return {"enabled": "no"}


@change("configuration/filters/", Action.ADDED)
def filters(site: Site) -> Form:
    row = prefixed("filters-0", pk="", kind="prefix", ORDER=1, name="UK", value="UK_")
    return {"filters-TOTAL_FORMS": 1, "filters-INITIAL_FORMS": 0, **row}


@change("configuration/companies/load/", Action.ADDED)
def load(site: Site) -> Form:
    api = site.start(CompaniesApiSimulator(listed("UK_Acme"), token="tok-en-canary"))
    words = {"url": api.url, "token": "tok-en-canary", "token_header": "Authorization", "token_scheme": "Bearer"}
    return prefixed("source", **words)


@change("configuration/companies/apply/", Action.COMPANIES_CHANGED)
def apply(site: Site) -> Form:
    digest = post(site.client, "/configuration/companies/load/", **load(site)).context["digest"]
    return {"digest": digest, "confirm_shrink": "yes"}


@change("configuration/companies/add/", Action.COMPANIES_CHANGED)
def add(site: Site) -> Form:
    return {"ids": "UK_New"}


@change("configuration/companies/import/", Action.COMPANIES_CHANGED)
def import_csv(site: Site) -> Form:
    return {"file": SimpleUploadedFile("a.csv", b"company_id,name\nUK_Imported,Acme\n")}


@change("configuration/companies/skip/", Action.COMPANIES_CHANGED)
def skip(site: Site) -> Form:
    return {"company": 1, "confirmed": "yes", "reason": "Left us"}


@change("configuration/companies/unskip/", Action.COMPANIES_CHANGED)
def unskip(site: Site) -> Form:
    Company.objects.update(skipped_at=clock.now())
    return {"company": 1, "confirmed": "yes"}


@change("configuration/companies/remove/", Action.DATA_REMOVED)
def remove(site: Site) -> Form:
    make_records(Company.objects.get(), date(2026, 1, 15), 2)
    return {"company": 1, "confirmed": "yes", "what": "data"}


@change("configuration/companies/clear/", Action.DATA_REMOVED)
def clear(site: Site) -> Form:
    make_records(Company.objects.get(), date(2026, 1, 15), 2)
    page = site.client.get("/configuration/companies/clear/").content.decode()
    word = page.partition("Type “")[2].partition("”")[0]
    return {"typed": word}


@change("configuration/companies/restore/", Action.DATA_RESTORED)
def restore(site: Site) -> Form:
    post(site.client, "/configuration/companies/remove/", **remove(site))
    return {"one": 1}


@change("companies/<int:pk>/restore/", Action.DATA_RESTORED)
def restore_records(site: Site) -> Form:
    post(site.client, "/configuration/companies/remove/", **remove(site))
    return {"batch": batches_of(Company.objects.get())[0].key}


@change("notifications/add/<slug:provider>/", Action.ADDED)
def add_configuration(site: Site) -> Form:
    sink = site.start(MailSink(site.folder / "mail"))
    words = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from_address": "a@demo.example"}
    return {"name": "Office", **words, "to": "b@demo.example", "cc": "", "bcc": "", "username": "", "secret": ""}


@change("notifications/<uuid:pk>/", Action.CHANGED)
def edit_configuration(site: Site) -> Form:
    form = add_configuration(site)
    kept = {name: form[name] for name in ("host", "port", "security", "from_address", "to")}
    EmailConfiguration.objects.filter(pk=KEY).update(**kept)
    return {**form, "name": "Renamed"}


@change("notifications/<uuid:pk>/test/", Action.TEST_SENT)
def test_configuration(site: Site) -> Form:
    edit_configuration(site)
    return {}


@change("notifications/<uuid:pk>/delete/", Action.DELETED)
def delete_configuration(site: Site) -> Form:
    return {}


@change("notifications/deliveries/<int:pk>/again/", Action.REPORTS_SENT)
def send_again(site: Site) -> Form:
    OutgoingEmail.objects.update(configuration=EmailConfiguration.objects.get(), state="unknown")
    return {}


@change("reports/send/", Action.REPORTS_SENT)
def send_reports(site: Site) -> Form:
    return {"reports": ["summary"], "report_format": "csv", "configurations": [str(KEY)], "send": "1"}


@change("schedules/new/", Action.ADDED)
def new_schedule(site: Site) -> Form:
    return fields_of(site.client.get("/schedules/new/"), name="Weekly")


@change("schedules/<int:pk>/edit/", Action.CHANGED)
def edit_schedule(site: Site) -> Form:
    return fields_of(site.client.get("/schedules/1/edit/"), name="Renamed")


@change("schedules/<int:pk>/delete/", Action.DELETED)
def delete_schedule(site: Site) -> Form:
    return {}


@change("schedules/<int:pk>/enable/", Action.CHANGED)
def enable(site: Site) -> Form:
    ApiCredential.objects.create(sender_id="sender", user_id="user")
    return {}


@change("schedules/<int:pk>/disable/", Action.CHANGED)
def disable(site: Site) -> Form:
    Schedule.objects.update(enabled=True, next_run_at=clock.now())
    return {}


@change("schedules/<int:pk>/run/", Action.RUN_STARTED)
def run(site: Site) -> Form:
    ApiCredential.objects.create(sender_id="sender", user_id="user")
    return {}


@change("schedules/<int:pk>/stop/", Action.RUN_STOPPED)
def stop(site: Site) -> Form:
    run(site)
    run_now(Schedule.objects.get(), by="ann")
    return {}


@change("runs/<int:pk>/stop/", Action.RUN_STOPPED)
def stop_run(site: Site) -> Form:
    FetchRun.objects.update(status="running", finished_at=None)
    return {}


@change("runs/<int:pk>/retry/", Action.RUN_STARTED)
def retry(site: Site) -> Form:
    run(site)
    ended = FetchRun.objects.get()
    CompanyFetch.objects.create(run=ended, company=make_company("Failed"), status="failed", finished_at=clock.now())
    FetchRun.objects.update(companies_total=1, companies_failed=1)
    start_next_run()
    return {}


@change("runs/companies/", Action.RUN_STARTED)
def fetch_companies(site: Site) -> Form:
    run(site)
    return {"company": 1}


@change("runs/reports/<int:pk>/stop/", Action.RUN_STOPPED)
def stop_reports(site: Site) -> Form:
    Occurrence.objects.update(state=Occurrence.State.REPORTING, finished_at=None)
    return {}


@change("accounts/login/", Action.SIGNED_IN)
def sign_in(site: Site) -> Form:
    site.client.logout()
    return {"username": site.user.username, "password": PASSWORD}


@change("accounts/login/code/", Action.SIGNED_IN)
def enter_code(site: Site) -> Form:
    code = confirm_second_factor(site)["code"]
    SecondFactor.objects.update(confirmed_at=clock.now())
    site.client.post("/accounts/login/", sign_in(site))
    return {"code": code}


@change("accounts/logout/", Action.SIGNED_OUT)
def sign_out(site: Site) -> Form:
    return {}


@change("accounts/first-administrator/", Action.ROLES_CHANGED)
def first_administrator(site: Site) -> Form:
    site.client.logout()
    site.user.delete()
    return {"token": issue_token()[0], "username": "root", "password1": PASSWORD, "password2": PASSWORD}


@change("accounts/password/", Action.PASSWORD_CHANGED)
def change_password(site: Site) -> Form:
    new = "another pelican umbrella"
    return {"old_password": PASSWORD, "new_password1": new, "new_password2": new}


@change("accounts/second-factor/confirm/", Action.SECOND_FACTOR_ON)
def confirm_second_factor(site: Site) -> Form:
    secret = begin(site.user).reveal("secret")
    return {"code": totp.code_at(secret, int(clock.now().timestamp()) // totp.STEP_SECONDS)}


@change("accounts/second-factor/codes/", Action.CHANGED)
def new_codes(site: Site) -> Form:
    switch_off(site.user)
    site.client.post("/accounts/second-factor/confirm/", confirm_second_factor(site))
    return {"password": PASSWORD}


@change("accounts/second-factor/off/", Action.SECOND_FACTOR_OFF)
def second_factor_off(site: Site) -> Form:
    return new_codes(site)


@change("accounts/sessions/end/", Action.SESSION_ENDED)
def end_own_session(site: Site) -> Form:
    other = Client()
    other.force_login(site.user)
    return {"handle": SignInSession.objects.get(session_key=other.session.session_key).handle}


@change("accounts/people/end/", Action.SESSION_ENDED)
def end_anybodys_session(site: Site) -> Form:
    return end_own_session(site)
