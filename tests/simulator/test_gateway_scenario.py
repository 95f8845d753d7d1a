"""Scenario files: what they can say, and the sentence for each mistake."""

from pathlib import Path

import pytest

from intacct_usage.simulator.fault_kinds import FAULT_KINDS
from intacct_usage.simulator.scenario import DEFAULT_SCENARIO, Fault, Scenario, ScenarioError, load_scenario

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulator.md"
EVERYTHING = """
seed = 7
company_count = 3
records_per_day = [1, 4]
latency_seconds = 0
partners = ["one"]

[senders]
me = "secret"

[gateway]
record_number_order = "text"
hold_seconds = 0.5

[companies_api]
pagination = "cursor"

[[companies]]
id = "UK_One"
readers = []
records_per_day = [0, 0]

[[faults]]
kind = "too_many_requests"
company = "UK_One"
times = 2
retry_after = "30"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "scenario.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, EVERYTHING))

    assert (scenario.seed, scenario.records_per_day, scenario.senders) == (7, (1, 4), {"me": "secret"})
    assert (scenario.gateway.record_number_order, scenario.gateway.hold_seconds) == ("text", 0.5)
    assert scenario.gateway.retention_days == 60
    assert scenario.companies[0].readers == ()
    assert scenario.companies[0].senders is None
    assert scenario.faults == (Fault("too_many_requests", company="UK_One", times=2, retry_after="30"),)


def test_an_empty_file_is_the_plain_scenario(tmp_path: Path) -> None:
    assert load_scenario(write(tmp_path, "")) == Scenario()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sede = 1", '"sede" is not a key of a scenario. Did you mean "seed"?'),
        ("[gateway]\nxyz = 1", '"gateway.xyz" is not a key of a scenario. Known keys: check_order, '),
        ('seed = "1"', "\"seed\" must be a whole number, not '1'."),
        ("seed = true", '"seed" must be a whole number, not True.'),
        ('latency_seconds = "fast"', "\"latency_seconds\" must be a number, not 'fast'."),
        ("counts_own_calls = 1", '"counts_own_calls" must be true or false, not 1.'),
        ("records_per_day = [1]", '"records_per_day" must hold 2 values, not 1.'),
        ("records_per_day = [4, 1]", '"records_per_day" must be two numbers from 0 on, the smaller first, not [4, 1].'),
        ("partners = 'one'", "\"partners\" must be a list, not 'one'."),
        ("senders = 1", '"senders" must be a table, not 1.'),
        ("[senders]\na = 1", '"senders.a" must be a text, not 1.'),
        ("[[companies]]\nname = 'x'", '"companies[0].id" is missing.'),
        ("[[companies]]\nid = 'a'\nstate = 'gone'", 'companies[0]: "state" must be one of active, suspended, '),
        ("[[companies]]\nid = 'a'\n[[companies]]\nid = 'A'", 'The company "A" is listed twice.'),
        ("[[faults]]\nkind = 'boom'", 'faults[0]: "kind" must be one of '),
        ("[[faults]]\nkind = 'slow'\ntimes = 0", 'faults[0]: "times" must be at least 1, not 0.'),
        ("[gateway]\nendpoint = 'ftp'", 'gateway: "endpoint" must be own, pod or a URL, not "ftp".'),
        ("[mail]\nsecurity = 'tls'", 'mail: "security" must be one of none, starttls, ssl, not "tls".'),
    ],
)
def test_each_mistake_has_one_clear_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = write(tmp_path, text)

    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)

    assert str(caught.value).startswith(f"The scenario file {file}: {sentence}")


def test_a_file_that_is_missing_or_not_toml_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"

    with pytest.raises(ScenarioError, match="cannot be read: No such file or directory"):
        load_scenario(missing)
    with pytest.raises(ScenarioError, match="is not valid TOML: "):
        load_scenario(write(tmp_path, "seed = "))


def test_the_demo_scenario_has_prefixes_failures_and_two_months() -> None:
    ids = {company.id for company in DEFAULT_SCENARIO.companies}

    assert {"UK_Company1", "UKX_Trading", "US_Unknown"} <= ids
    assert (DEFAULT_SCENARIO.company_count, DEFAULT_SCENARIO.history_days) == (60, 62)
    assert DEFAULT_SCENARIO.prefixes == ("UK_", "US_", "DE_", "")


def test_the_documented_scenario_can_be_loaded_and_names_every_fault_kind(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    scenario = load_scenario(write(tmp_path, text.partition("```toml\n")[2].partition("```")[0]))

    assert [fault.kind for fault in scenario.faults] == ["too_many_requests"]
    assert [kind for kind in FAULT_KINDS if f"`{kind}`" not in text] == []
