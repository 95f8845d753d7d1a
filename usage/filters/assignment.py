"""Saves the query filters and keeps every company's filter up to date with them."""

import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import ProtectedError, QuerySet

from intacct_usage.lib.plurals import counted
from usage.filters.grouping import FilterRule, FilterRuleError, Grouping, validate_rule
from usage.filters.work import open_work_on
from usage.list_lock import company_list_lock
from usage.models import Company, FetchRun, QueryFilter

logger = logging.getLogger(__name__)

NAME_LIMIT: Final = 100
MOST_FILTERS: Final = 200
RESERVED_NAMES: Final = frozenset({"other", "all filters"})
UPDATE_BATCH: Final = 5000


class FilterSetError(Exception):
    """Filters that cannot be saved; nothing was changed. `rows` has a sentence per refused rule, by its place."""

    def __init__(self, rows: Mapping[int, str], message: str = "") -> None:
        self.rows = dict(rows)
        self.message = " ".join(part for part in (message, *self.rows.values()) if part)
        super().__init__(self.message)


@dataclass(frozen=True)
class RuleCount:
    """How many listed companies one rule gets, or why it cannot be used (then it gets none)."""

    rule: FilterRule
    companies: int
    error: str


@dataclass(frozen=True)
class RulePreview:
    """The companies of each rule, in the order of the rules, and of “Other”; together they are all listed ones."""

    rules: tuple[RuleCount, ...]
    other: int

    @property
    def total(self) -> int:
        return self.other + sum(count.companies for count in self.rules)


def current_rules() -> list[FilterRule]:
    """The saved filters, in their order."""
    return [FilterRule(row.pk, row.name, row.kind, row.value, row.position) for row in QueryFilter.objects.all()]


def assign_filters(companies: Iterable[Company] | None = None) -> int:
    """Give all companies (or these) the filter their ID asks for; returns how many changed. Safe to repeat.

    Companies that left the list are included, because their history is still reported. One transaction, one UPDATE
    per filter. Raises FilterRuleError (and changes nothing) when a regular expression is too slow.
    """
    with company_list_lock():
        grouping = Grouping(current_rules())
        if companies is None:
            rows = _assignments(Company.objects.all())
        else:
            pks = [company.pk for company in companies]
            rows = [row for batch in _batches(pks) for row in _assignments(Company.objects.filter(pk__in=batch))]
        moves: defaultdict[int | None, list[int]] = defaultdict(list)
        for pk, company_id, present in rows:
            chosen = grouping.choose(company_id)
            wanted = chosen.pk if chosen else None
            if wanted != present:
                moves[wanted].append(pk)
        for wanted, movers in moves.items():
            for batch in _batches(movers):
                Company.objects.filter(pk__in=batch).update(query_filter=wanted)
    return sum(len(movers) for movers in moves.values())


def preview_rules(rules: Sequence[FilterRule]) -> RulePreview:
    """What the listed companies would be grouped into by these rules, saved or not; writes nothing."""
    placed = [replace(rule, pk=place, position=place) for place, rule in enumerate(rules)]
    errors = {}
    for rule in placed:
        try:
            validate_rule(rule)
        except FilterRuleError as refusal:
            errors[rule.pk] = refusal.message
    grouping = Grouping(rule for rule in placed if rule.pk not in errors)
    counts: Counter[int | None] = Counter()
    for company_id in Company.objects.listed().values_list("intacct_id", flat=True).iterator():
        chosen = grouping.choose(company_id)
        counts[chosen.pk if chosen else None] += 1
    rows = [RuleCount(rule, counts[place], errors.get(place, "")) for place, rule in enumerate(rules)]
    return RulePreview(tuple(rows), counts[None])


def save_filters(rules: Sequence[FilterRule]) -> list[QueryFilter]:
    """Make these rules, in this order, the installation's filters and group all companies anew, in one transaction.

    A rule with a `pk` changes that filter (renaming keeps its history), one without is new, filters left out are
    deleted. Raises FilterSetError naming every refused rule; then nothing was changed.
    """
    rules = [replace(rule, name=rule.name.strip(), position=place) for place, rule in enumerate(rules)]
    with company_list_lock():
        present = {row.pk: row for row in QueryFilter.objects.all()}
        errors = dict(_refusals(rules, present))
        if errors or len(rules) > MOST_FILTERS:
            raise FilterSetError(errors, f"At most {MOST_FILTERS} filters." if len(rules) > MOST_FILTERS else "")
        _delete_filters([row for pk, row in present.items() if pk not in {rule.pk for rule in rules}])
        saved = _write_filters(rules, present)
        try:
            moved = assign_filters()
        except FilterRuleError as refusal:
            raise FilterSetError({}, refusal.message) from refusal
    changed = counted(moved, "company", "companies")
    logger.info("Saved %s; %s changed filter.", counted(len(saved), "query filter"), changed)
    return saved


def set_filter(name: str, *, kind: str, value: str) -> QueryFilter:
    """Create the filter of this name, or change the one that has it (upper and lower case aside)."""
    with company_list_lock():
        rules = current_rules()
        name = name.strip()
        same = next((rule for rule in rules if rule.name.casefold() == name.casefold()), None)
        wanted = FilterRule(same.pk if same else None, name, kind, value, 0)
        place = rules.index(same) if same else len(rules)
        rules[place : place + 1] = [wanted]
        return save_filters(rules)[place]


def remove_filter(name: str) -> int:
    """Delete a filter; returns how many companies moved to other filters or to “Other”."""
    with company_list_lock():
        rules = current_rules()
        gone = next((rule for rule in rules if rule.name.casefold() == name.strip().casefold()), None)
        if gone is None:
            names = ", ".join(f"“{rule.name}”" for rule in rules) or "none"
            raise FilterSetError({}, f"There is no filter named “{name}”. Filters: {names}.")
        companies = Company.objects.filter(query_filter=gone.pk).count()
        save_filters([rule for rule in rules if rule != gone])
        return companies


def _assignments(companies: QuerySet[Company]) -> list[tuple[int, str, int | None]]:
    return list(companies.values_list("pk", "intacct_id", "query_filter_id"))


def _batches(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(pks), UPDATE_BATCH):
        yield pks[start : start + UPDATE_BATCH]


def _refusals(rules: Sequence[FilterRule], present: Mapping[int, QueryFilter]) -> Iterator[tuple[int, str]]:
    """Why rules cannot be saved, each with its place."""
    names: dict[str, int] = {}
    values: dict[tuple[str, str], int] = {}
    for place, rule in enumerate(rules):
        reason = _name_refusal(rule.name)
        if not reason and names.setdefault(rule.name.casefold(), place) != place:
            reason = "Two filters have this name."
        if not reason and rule.pk is not None and rule.pk not in present:
            reason = "It was deleted in the meantime; add it again."
        if not reason:
            try:
                validate_rule(rule)
            except FilterRuleError as refusal:
                reason = refusal.message
        first = values.setdefault((rule.kind, rule.value), place)
        if not reason and first != place:
            reason = f"The filter “{rules[first].name}” already has this value."
        if reason:
            yield place, f"Filter “{rule.name}”: {reason}" if rule.name else f"Filter {place + 1}: {reason}"


def _name_refusal(name: str) -> str:
    if not name:
        return "Enter a name."
    if name.casefold() in RESERVED_NAMES:
        return f"“{name}” has a meaning of its own in reports; choose another name."
    if len(name) > NAME_LIMIT:
        return f"The name has {len(name)} characters; at most {NAME_LIMIT} are possible."
    return "" if name.isprintable() else "The name holds control characters or line breaks."


def _delete_filters(rows: Sequence[QueryFilter]) -> None:
    open_runs = FetchRun.objects.open().filter(query_filter__in=[row.pk for row in rows])
    run = open_runs.select_related("query_filter").first()
    if run is not None:
        raise FilterSetError({}, f"{run} still works on the filter “{run.query_filter}”; delete it after the run.")
    work = open_work_on([row.pk for row in rows])
    if work:
        raise FilterSetError({}, work)
    for row in rows:
        try:
            row.delete()
        except ProtectedError as error:
            users = ", ".join(sorted(f"“{user}”" for user in error.protected_objects))
            raise FilterSetError(
                {}, f"The filter “{row}” is used by {users}; choose another filter there first."
            ) from None


def _write_filters(rules: Sequence[FilterRule], present: Mapping[int, QueryFilter]) -> list[QueryFilter]:
    for rule in rules:
        if rule.pk is not None and present[rule.pk].name != rule.name:
            # Two filters may exchange their names, which are unique at every moment.
            QueryFilter.objects.filter(pk=rule.pk).update(name=f"renaming {uuid.uuid4()}")
    saved = []
    for rule in rules:
        row = present[rule.pk] if rule.pk is not None else QueryFilter()
        row.name, row.kind, row.value, row.position = rule.name, rule.kind, rule.value, rule.position
        row.save()
        saved.append(row)
    return saved
