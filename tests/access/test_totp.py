"""Time-based codes agree with RFC 6238 and are good for a short time."""

import base64
from datetime import UTC, datetime

import pytest

from intacct_usage.accounts import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // 30) == code  # appendix B, its last six digits


@pytest.mark.parametrize(("late_by", "matches"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_code_is_good_in_its_step_and_the_neighbours(late_by: int, matches: bool) -> None:
    step = 40_000_000
    now = datetime.fromtimestamp(step * 30 + late_by, UTC)

    found = totp.matching_step(SECRET, totp.code_at(SECRET, step), now)

    assert found == (step if matches else None)


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "ümläut", "1" * 60])
def test_anything_else_is_wrong(code: str) -> None:
    assert totp.matching_step(SECRET, code, datetime.fromtimestamp(59, UTC)) is None


def test_secrets_have_160_random_bits() -> None:
    secrets = {totp.new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_the_address_in_the_qr_code_names_product_and_account() -> None:
    uri = totp.provisioning_uri(SECRET, account="ada@example.com", issuer="Intacct API Usage")

    assert uri.startswith("otpauth://totp/Intacct%20API%20Usage:ada%40example.com?")
    assert f"secret={SECRET}" in uri
