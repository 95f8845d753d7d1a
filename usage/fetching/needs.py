"""What fetching needs before anything else, API credentials and companies, and how people are told what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists

from intacct_usage.lib.access import Right
from usage.models import ApiCredential, Company


@dataclass(frozen=True)
class Need:
    """`part` is where on the Configuration page it is met, by people with the `right`; `command` does the same."""

    name: str
    title: str
    step: str
    command: str
    part: str
    right: Right

    @property
    def sentence(self) -> str:
        return f"{self.title}. {self.step} first."

    @property
    def sentence_for_commands(self) -> str:
        return f"{self.title}. {self.step} (or with `manage.py {self.command}`) first."

    @property
    def right_name(self) -> str:
        """As the template tag `can` takes it."""
        return self.right.codename


CREDENTIALS = Need(
    "API credentials",
    "No credentials configured",
    "Enter the Intacct API credentials under Configuration",
    "set_credentials",
    "credentials",
    Right.MANAGE_CONFIGURATION,
)
COMPANIES = Need(
    "companies",
    "No companies loaded",
    "Load the company list or add companies under Configuration",
    "load_companies",
    "companies",
    Right.MANAGE_COMPANIES,
)


@dataclass(frozen=True)
class Needs:
    """What is missing; `names` for “Run now waits for …”."""

    missing: Sequence[Need]

    @property
    def names(self) -> str:
        return " and ".join(need.name for need in self.missing)


def fetch_needs() -> Needs:
    """One query while there are companies, two without."""
    credentials = ApiCredential.objects.all()
    of_companies = Company.objects.listed().order_by().values_list(Exists(credentials), flat=True)[:1]
    found = list(of_companies)
    has_credentials = found[0] if found else credentials.exists()
    missing = [(CREDENTIALS, not has_credentials), (COMPANIES, not found)]
    return Needs([need for need, is_missing in missing if is_missing])
