"""Ways of writing code that open holes, and that no linter here looks for (D20)."""

import re
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, SOURCES, relative

RULES = {
    "request data never becomes the names of query arguments": r"\*\*\s*(?:self\.)?request\.(?:GET|POST|data|body)",
    "no SQL is written into query sets": r"\.extra\(|\.raw\(|RawSQL\(",
    "mail that fails is told": r"fail_silently\s*=\s*True",
    "nothing is unpickled, and no text becomes code": r"\b(?:pickle|dill|shelve)\b|\beval\(|\bexec\(|__import__\(",
    "no shell": r"shell\s*=\s*True|os\.system\(|os\.popen\(",
    "tasks of the queue are never read back": r"from django_q\.models import .*\b(?:Task|Success|Failure)\b",
    "pages are kept in no cache of the server": r"\bcache_page\b|UpdateCacheMiddleware|FetchFromCacheMiddleware",
    "nothing is exempt from the protection of forms": r"\bcsrf_exempt\b",
    "random secrets come from the system": r"^(?:import random$|from random import)",
}
EXCEPT = {
    "tasks of the queue are never read back": ("scheduling/admin.py",),  # takes them off the administration
    "random secrets come from the system": ("intacct_usage/simulator/", "usage/gateway/retries.py"),  # how long to wait
}
TEMPLATE_RULES = {
    "text is escaped": r"\|\s*safe\b|\bautoescape off\b|\bsafeseq\b",
    "nothing is loaded from elsewhere": r"(?:src|action)=[\"'](?:https?:)?//|<link[^>]*href=[\"'](?:https?:)?//",
}


BROKEN = {
    "request data never becomes the names of query arguments": "Company.objects.filter(**request.GET.dict())",
    "no SQL is written into query sets": 'Company.objects.extra(where=["1=1"])',
    "mail that fails is told": "send(fail_silently=True)",
    "nothing is unpickled, and no text becomes code": "row = pickle.loads(text)",
    "no shell": "run(command, shell=True)",
    "tasks of the queue are never read back": "from django_q.models import OrmQ, Task",
    "pages are kept in no cache of the server": "@cache_page(60)",
    "nothing is exempt from the protection of forms": "@csrf_exempt",
    "random secrets come from the system": "from random import choice",
    "text is escaped": "{{ company.name|safe }}",
    "nothing is loaded from elsewhere": '<script src="https://cdn.example.com/x.js">',
}
"""For each rule a line that breaks it."""


def offences(pattern: str, paths: list[Path], allowed: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path in paths:
        if not relative(path).startswith(allowed or ("\x00",)):
            text = path.read_text(encoding="utf-8")
            places = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(pattern, text, re.M)]
            found += [f"{relative(path)}:{line}" for line in places]
    return found


@pytest.mark.parametrize("rule", RULES)
def test_no_source_breaks_the_rule(rule: str) -> None:
    assert offences(RULES[rule], SOURCES, EXCEPT.get(rule, ())) == []


@pytest.mark.parametrize("rule", TEMPLATE_RULES)
def test_no_template_breaks_the_rule(rule: str) -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))

    assert len(templates) > 50
    assert offences(TEMPLATE_RULES[rule], templates) == []


@pytest.mark.parametrize("rule", [*RULES, *TEMPLATE_RULES])
def test_each_rule_finds_what_it_is_for(rule: str) -> None:
    assert re.search((RULES | TEMPLATE_RULES)[rule], BROKEN[rule], re.M)
