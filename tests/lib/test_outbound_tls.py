"""Certificates are verified on every call; a private authority is added by file, never by switching checks off."""

import inspect
import ssl

import pytest

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy, OutboundSession, tls_context
from tests.lib.servers import Authority, ScriptedServer, answering, says, sends, session_for


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


def test_an_unknown_authority_is_refused_before_anything_is_sent(authority: Authority) -> None:
    with (
        answering(says(), tls=authority.server_context()) as server,
        session_for(server) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.post(server.url("/?token=sesame"), data=b"<password>secret</password>")

    assert refused.value.kind == "tls"
    assert refused.value.message == (
        f"No secure connection to {server.address}: its certificate could not be verified (unable to get local issuer "
        "certificate). Nothing was sent. If your network inspects TLS, put its CA certificate into the file named by "
        "EXTRA_CA_FILE."
    )
    assert server.heads == []


def test_the_extra_ca_file_adds_an_authority(authority: Authority) -> None:
    with (
        answering(says(b"secure"), tls=authority.server_context()) as server,
        session_for(server, extra_ca_file=authority.file) as session,
    ):
        assert session.get(server.url()).body == b"secure"


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with (
        answering(says(), tls=authority.server_context("api.example.com")) as server,
        session_for(server, extra_ca_file=authority.file) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get(server.url())

    assert refused.value.kind == "tls"
    assert "127.0.0.1" in refused.value.message
    assert server.heads == []


def test_an_old_tls_version_is_refused(authority: Authority) -> None:
    context = authority.server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        answering(says(), tls=context) as server,
        session_for(server, extra_ca_file=authority.file) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get(server.url())

    assert refused.value.kind in ("tls", "incomplete")


def test_a_server_without_tls_is_named_so() -> None:
    with (
        ScriptedServer(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True)) as server,
        session_for(server) as session,
        pytest.raises(OutboundError) as refused,
    ):
        session.get(f"https://{server.address}/")

    assert refused.value.kind == "tls"
    assert "the TLS handshake failed" in refused.value.message
    assert refused.value.message.endswith("Check that the address and port are those of an https server.")


@pytest.mark.parametrize("content", [None, b"not a certificate"], ids=["missing", "not PEM"])
def test_an_extra_ca_file_that_cannot_be_used_stops_with_a_sentence(tmp_path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(OutboundError) as refused:
        OutboundSession(OutboundPolicy(extra_ca_file=path))

    assert refused.value.message == (
        "EXTRA_CA_FILE cannot be used: it must be a readable file of certificates in PEM form."
    )


def test_the_context_for_other_protocols_verifies_too(authority: Authority) -> None:
    context = tls_context(OutboundPolicy(extra_ca_file=authority.file))

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_no_parameter_switches_verification_off() -> None:
    names = {
        name
        for method in (OutboundSession, OutboundSession.get, OutboundSession.post)
        for name in inspect.signature(method).parameters
    }

    assert names == {"self", "policy", "proxy", "pool_size", "url", "data", "json", "headers", "limits"}
