"""Sends hostile values and keeps a list of everything that did not end well."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from intacct_usage.lib import redaction
from tests.security.hostile_values import LOOKUPS, PATH_VALUES
from tests.security.plain_client import Answer, Fields, PlainClient
from tests.security.sweep import PARAMETER, Route, Target, faults, fresh

EVERYTHING = os.environ.get("HOSTILE_VALUES") == "all"
"""Each value in each parameter of each address: some 25,000 requests, for the days before a release."""

ALONE = ("\x00", "\ud800", "9" * 40, "9" * 5000, "x" * 10_000, "0001-01-01", "9999-12-31", "[", '"', "")
"""Sent as the only bad value of an otherwise good request, to get past the first check of the whole form."""


@dataclass
class Attack:
    """`failed` says for each request that ended badly what was sent and what came back."""

    client: PlainClient
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    tried: set[tuple[str, str, str]] = field(default_factory=set)

    def summary(self) -> list[str]:
        """The first of each kind of failure on each address."""
        first: dict[str, str] = {}
        for address, sent, fault in self.failed:
            first.setdefault(f"{address}: {fault}", sent)
        return [f"{what} after {sent}" for what, sent in first.items()]

    def send(self, method: str, path: str, fields: Fields | None = None, *, about: object = "") -> Answer:
        """What was typed as a secret is kept out of texts for ever, and a thousand of them make every text slow."""
        known = set(redaction._registry._values)
        answer = self.client.send(method, path, fields)
        for value in redaction._registry._values - known:
            redaction.forget(value)
        self.judge(answer, f"{method} {path[:100]}", about)
        return answer

    def judge(self, answer: Answer, address: str, sent: object) -> None:
        self.failed += [(address, f"{sent!r:.300}", fault) for fault in faults(answer)]

    def each_value(self, target: Target, values: tuple[str, ...]) -> None:
        """Each value in each parameter: all parameters hold a bad value at once, every request another one each."""
        for turn in range(len(values) if target.names else 0):
            bad = {name: values[(turn + place) % len(values)] for place, name in enumerate(target.names)}
            self.tried |= {(target.method + target.path, name, value) for name, value in bad.items()}
            self.send(target.method, target.path, fresh({**target.fields, **bad}), about=bad)

    def one_at_a_time(self, target: Target, count: int) -> None:
        for place, name in enumerate(target.names):
            for value in rotated(ALONE, place, count):
                self._one(target, name, value)

    def _one(self, target: Target, name: str, value: str) -> None:
        self.tried.add((target.method + target.path, name, value))
        self.send(target.method, target.path, fresh({**target.fields, name: value}), about=(name, value))

    def parameter_names(self, target: Target, names: tuple[str, ...] = LOOKUPS) -> None:
        """Parameters that nobody asked for, and several of each."""
        for name in names:
            self.send(target.method, target.path, fresh({**target.fields, name: "1"}), about=name)
        twice: Fields = {name: ["1", "\x00", "2"] for name in target.names}
        self.send(target.method, target.path, fresh({**target.fields, **twice}), about="each three times")


def bad_paths(route: Route, number: int) -> Iterator[str]:
    """The route with values in its place-holders that no page has a link to."""
    for value in rotated(PATH_VALUES, number, 6) if PARAMETER.search(route.pattern) else ():
        yield "/" + PARAMETER.sub(lambda found, value=value: value, route.pattern)


def rotated(values: tuple[str, ...], start: int, count: int) -> tuple[str, ...]:
    """`count` of the values, beginning elsewhere for each `start`; all of them if HOSTILE_VALUES=all."""
    if EVERYTHING or count >= len(values):
        return values
    begin = start * count % len(values)
    return (values + values)[begin : begin + count]
