"""What a form meets that was open longer than the session: no loss without a word, no blank page."""

from django.test import Client

from tests.web.conftest import ClientAs

SIGN_IN = "/accounts/login/"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(db, client: Client) -> None:
    page = "http://testserver/configuration/?tab=proxy"

    answer = client.post("/configuration/proxy/", {"url": "http://p:1"}, headers={"Referer": page})

    assert answer.url == f"{SIGN_IN}?next=/configuration/%3Ftab%3Dproxy"
    assert "nothing was saved or started" in client.get(answer.url).content.decode()


def test_a_sender_elsewhere_is_no_page_to_come_back_to(db, client: Client) -> None:
    for sender in ("http://elsewhere.example/x/", "", "//["):
        answer = client.post("/configuration/proxy/", headers={"Referer": sender})

        assert answer.url == f"{SIGN_IN}?next=/"


def test_an_address_that_takes_forms_only_says_so(client_as: ClientAs) -> None:
    answer = client_as("Manager").get("/configuration/proxy/switch/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "<h1>This address takes a form</h1>" in answer.content.decode()


def test_a_page_learns_whether_its_reader_is_signed_in_and_the_token_to_send(client_as: ClientAs) -> None:
    asking = {"headers": {"Accept": "application/json"}}
    signed_in, stranger = client_as(""), Client(enforce_csrf_checks=True)
    signed_in.handler.enforce_csrf_checks = True

    token = signed_in.get("/accounts/still-here/", **asking).json()["token"]

    assert stranger.get("/accounts/still-here/", **asking).status_code == 401
    assert signed_in.post("/accounts/logout/", {"csrfmiddlewaretoken": token}).status_code == 302
