"""What the gateway tells about objects, users and odd companies."""

import pytest

from intacct_usage.simulator.scenario import CompanyScenario
from tests.simulator.gateway_calls import NOON, make_scenario, query, serving

LOOKUP = "<lookup><object>APIUSAGEDETAIL</object></lookup>"
FIELDS = [
    "RECORDNO",
    "CLIENT_TYPE",
    "PARTNERID",
    "FUNCTION",
    "CONTROLID",
    "POLICYID",
    "DTDVERSION",
    "DOCCONTROLID",
    "LOGINID",
    "N_TRANS",
    "CREATED_DATE",
    "CREATED_TIME",
    "STATUS",
]


def test_lookup_lists_the_fields_with_their_types() -> None:
    with serving() as caller:
        answer = caller.call(LOOKUP)

        fields = {field.findtext("ID"): field.findtext("DATATYPE") for field in answer.data.iter("Field")}
        assert list(fields) == FIELDS
        assert (fields["N_TRANS"], fields["CREATED_DATE"], fields["CREATED_TIME"]) == ("INTEGER", "DATE", "TIMESTAMP")
        assert dict(answer.data.attrib) == {"listtype": "All", "count": "1"}


def test_a_company_can_lack_fields_or_have_the_optional_one() -> None:
    company = CompanyScenario("acme", missing_fields=("POLICYID", "STATUS"), record_url=True)
    with serving(make_scenario(company)) as caller:
        fields = [field.findtext("ID") for field in caller.call(LOOKUP).data.iter("Field")]
        refused = caller.query(["RECORDNO", "STATUS", "POLICYID"])

        assert fields == [name for name in FIELDS if name not in ("POLICYID", "STATUS")] + ["RECORD_URL"]
        assert refused.error[0] == "XL03000006"
        assert ": [APIUSAGEDETAIL: [STATUS, POLICYID] ]" in refused.error[1]


def test_inspect_lists_the_objects_and_their_fields() -> None:
    with serving() as caller:
        objects = caller.call("<inspect><object>*</object></inspect>")
        short = caller.call("<inspect><object>APIUSAGEDETAIL</object></inspect>")
        detail = caller.call('<inspect detail="1"><object>apiusagedetail</object></inspect>')

        assert [item.get("typename") for item in objects.data] == ["apiusagedetail", "apiusagesummary"]
        assert [field.text for field in short.data.iter("Field")] == FIELDS
        kinds = {field.findtext("Name"): field.findtext("externalDataName") for field in detail.data.iter("Field")}
        assert (kinds["RECORDNO"], kinds["N_TRANS"], kinds["CREATED_DATE"]) == ("string", "integer", "date")


@pytest.mark.parametrize("function", [LOOKUP, "<inspect><object>APIUSAGEDETAIL</object></inspect>", query()])
def test_a_company_without_the_object_says_so(function: str) -> None:
    with serving(make_scenario(CompanyScenario("acme", has_usage_object=False))) as caller:
        answer = caller.call(function)

        assert answer.error[0] == "XL03000009"
        assert "Object definition APIUSAGEDETAIL not found" in answer.error[1]


@pytest.mark.parametrize(("readers", "rights"), [(None, "List|View"), ((), "")])
def test_permissions_tell_who_may_read_usage(readers: tuple[str, ...] | None, rights: str) -> None:
    with serving(make_scenario(CompanyScenario("acme", readers=readers))) as caller:
        answer = caller.call("<getUserPermissions><userId>reader</userId></getUserPermissions>")

        policies = {item.findtext("policyName"): item.findtext("rights") for item in answer.data.iter("policy")}
        assert policies["Usage insights"] == rights


def test_odd_companies_write_their_rows_their_own_way() -> None:
    company = CompanyScenario("acme", lower_case_rows=True, iso_dates=True, record_url=True, utc_offset_hours=-8)
    with serving(make_scenario(company)) as caller:
        row = caller.acme.add_row(NOON)

        answer = caller.query(["CREATED_DATE", "CREATED_TIME", "RECORD_URL"])

        assert answer.data[0].tag == "apiusagedetail"
        assert answer.rows[0]["CREATED_DATE"] == "2026-09-01"
        assert answer.rows[0]["CREATED_TIME"] == "2026-09-01 04:00:00"
        assert f".r={row.record_no}&" in answer.rows[0]["RECORD_URL"]
