"""The operations page, the example environment and the settings name the same variables and say the same."""

import re
from pathlib import Path

import pytest
from gunicorn import sock

from tests.operate.error_table import BEGIN, END, PAGE, table
from usage.gateway.error_advice import ADVICE
from usage.gateway.error_families import ErrorFamily

ROOT = Path(__file__).parent.parent.parent
TEXT = PAGE.read_text(encoding="utf-8")
CONTRACT = {
    "SECRET_KEY", "ENCRYPTION_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL",
    "DATABASE_URL", "DATA_DIR", "TIME_ZONE", "INTACCT_ENDPOINT_URL", "GRAPH_BASE_URL",
    "GRAPH_LOGIN_URL", "OUTBOUND_ALLOW", "FETCH_CONCURRENCY", "HTTP_DEADLINE_SECONDS", "LEASE_SECONDS",
    "REAPER_SECONDS", "MISSED_GRACE_HOURS", "EXTRA_CA_FILE",
}  # fmt: skip
READ = re.compile(r"\benv\.(text|secret|required_secret|boolean|names|integer|seconds|zone)\(\s*\"([A-Z_]+)\"")
SECRET_INPUT = re.compile(r"(?:(?:environment_secret|ask_secret)\(\s*|SECRET_VARIABLE = )\"([A-Z_]+)\"")
ROW = re.compile(r"^\| `([A-Z_]+)`( \*\*S\*\*)? \| (?:`([^`]*)`|–) \|", re.MULTILINE)


def settings_variables() -> dict[str, bool]:
    """Each variable the settings read, and whether it may come from a file."""
    source = (ROOT / "intacct_usage" / "settings.py").read_text(encoding="utf-8")
    return {name: "secret" in kind for kind, name in READ.findall(source)}


def command_secrets() -> set[str]:
    commands = (ROOT / "intacct_usage" / "management").rglob("*.py")
    return {name for path in commands for name in SECRET_INPUT.findall(path.read_text(encoding="utf-8"))}


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def documented() -> dict[str, tuple[bool, str]]:
    """Each variable of the page's tables: whether it may come from a file, and its default."""
    return {name: (bool(secret), default) for name, secret, default in ROW.findall(TEXT)}


def test_the_example_names_exactly_what_the_settings_read() -> None:
    assert example().keys() == settings_variables().keys()


def test_the_example_names_the_whole_contract() -> None:
    assert example().keys() >= CONTRACT


def test_the_page_names_every_variable_with_its_default() -> None:
    shown = {name: default for name, (_, default) in documented().items() if name in example()}

    assert shown == example()


def test_the_page_names_every_secret_that_commands_ask_for() -> None:
    assert len(command_secrets()) == 5
    assert command_secrets() <= documented().keys()


def test_page_and_example_mark_every_secret_that_may_come_from_a_file() -> None:
    from_file = {name for name, may in settings_variables().items() if may}
    marked = {name for name, (secret, _) in documented().items() if secret}
    head = (ROOT / ".env.example").read_text(encoding="utf-8").partition("Empty counts")[0]

    assert marked == from_file | command_secrets()
    assert all(name in head for name in from_file)


def test_nothing_is_documented_that_nobody_reads() -> None:
    elsewhere = [*(ROOT / "script").iterdir(), *(ROOT / "deploy").glob("*.py"), ROOT / "compose.yaml"]
    words = "\n".join(path.read_text(encoding="utf-8") for path in elsewhere)
    known = example().keys() | command_secrets()

    unread = {name for name in documented() if name not in known and not re.search(rf"\b{name}\b", words)}
    assert unread == set()


def test_the_error_table_is_made_of_the_products_own_words() -> None:
    found = TEXT.partition(BEGIN)[2].partition(END)[0]

    assert found == table(), "Run: python -m tests.operate.error_table"
    assert set(ADVICE) == set(ErrorFamily)


def test_the_symptoms_are_quoted_in_the_programs_own_words() -> None:
    folders = ("usage", "notifications", "scheduling", "intacct_usage", "templates", "deploy")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".html")]
    words = "\n".join(path.read_text(encoding="utf-8") for path in [*paths, Path(sock.__file__)])
    table = TEXT.partition("### By symptom")[2].partition("### By error")[0]
    symptoms = re.findall(r"^\| (.+?) \| ", table, re.M)
    quoted = [quote for symptom in symptoms for quote in re.findall(r"“([^”]+)”", symptom)]
    pieces = [piece.strip(" :)") for quote in quoted for piece in quote.split("…")]

    assert len(quoted) > 10
    assert [piece for piece in pieces if piece not in words] == []


@pytest.mark.parametrize("number", ["XL03000006", "GW-0010", "GW-0011", "PL04000005", "PL04000055", "DL02000001"])
def test_the_error_table_names_the_numbers_people_meet(number: str) -> None:
    assert f"`{number}`" in table()


def test_every_command_the_page_names_exists() -> None:
    commands = {path.stem for path in (ROOT / "intacct_usage" / "management" / "commands").glob("*.py")}
    named = set(re.findall(r"\bmanage(?:\.py)? ([a-z_]+)\b", TEXT))
    django_own = {"migrate", "collectstatic", "createsuperuser", "changepassword"}

    assert len(named) > 10
    assert named - django_own - {"stands"} <= commands


def test_every_metric_the_page_alerts_on_exists() -> None:
    source = (ROOT / "intacct_usage" / "metrics.py").read_text(encoding="utf-8")
    named = set(re.findall(r"\bintacct_usage_([a-z_]+)", TEXT.partition("## Monitoring")[2].partition("## REST")[0]))

    assert len(named) > 10
    assert {name for name in named if f'"{name}"' not in source} == set()


def test_every_link_of_the_page_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", TEXT, re.M)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings
