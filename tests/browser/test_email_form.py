"""The form of an email configuration helps while it is filled in: presets, ports, and what None means."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.suite import TELL_WHEN_BUSY

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_security_proposes_its_port_but_leaves_an_unusual_one_alone(visitor_as: Callable[[str], Visitor]) -> None:
    page = visitor_as("Manager").open("/notifications/add/smtp/")
    security, port = page.locator("#id_security"), page.locator("#id_port")

    for chosen, proposed in (("ssl", "465"), ("none", "25"), ("starttls", "587")):
        security.select_option(chosen)
        expect(port).to_have_value(proposed)
    port.fill("2525")
    security.select_option("ssl")

    expect(port).to_have_value("2525")
    expect(page.locator("#port-warning")).to_be_hidden()


def test_a_port_of_another_security_is_named_while_typing(visitor_as: Callable[[str], Visitor]) -> None:
    page = visitor_as("Manager").open("/notifications/add/smtp/")

    page.locator("#id_port").fill("465")

    expect(page.locator("#port-warning")).to_have_text(
        "Port 465 usually belongs to SSL/TLS; with STARTTLS servers use 587."
    )


@pytest.mark.parametrize(
    ("preset", "host", "note"),
    [
        ("microsoft365", "smtp.office365.com", "Microsoft Graph is the lasting way"),
        ("gmail", "smtp.gmail.com", "app password"),
    ],
)
def test_a_preset_fills_in_the_server_and_says_what_to_know(
    visitor_as: Callable[[str], Visitor], preset: str, host: str, note: str
) -> None:
    page = visitor_as("Manager").open("/notifications/add/smtp/")

    page.get_by_label("Preset").select_option(preset)

    expect(page.locator("#id_host")).to_have_value(host)
    expect(page.locator("#id_port")).to_have_value("587")
    expect(page.locator("#preset-note")).to_contain_text(note)


def test_none_with_a_user_name_warns_and_asks_for_a_tick(visitor_as: Callable[[str], Visitor]) -> None:
    page = visitor_as("Manager").open("/notifications/add/smtp/")
    expect(page.locator("#clear-text-row")).to_be_hidden()

    page.locator("#id_security").select_option("none")
    page.locator("#id_username").fill("usage@example.com")

    expect(page.locator("#clear-text-warning")).to_be_visible()
    expect(page.locator("#id_clear_text_sign_in")).to_be_visible()
    expect(page.locator("#id_clear_text_sign_in")).not_to_be_checked()


def test_a_refused_form_says_why_first_and_its_summary_leads_to_the_fields(
    visitor_as: Callable[[str], Visitor],
) -> None:
    page = visitor_as("Manager").open("/notifications/add/smtp/")
    page.wait_for_load_state()

    page.locator("#id_host").fill("mail.example.com")
    page.locator("#id_port").fill("70000")
    page.get_by_role("button", name="Save Configuration").click()
    page.wait_for_load_state()

    summary = page.get_by_role("alert").filter(has=page.get_by_role("link"))
    expect(summary).to_be_focused()
    summary.get_by_role("link").filter(has_text="Port").click()
    port = page.locator("#id_port")
    expect(port).to_be_focused()
    expect(port).to_have_attribute("aria-invalid", "true")
    reason = port.evaluate("one => one.ariaDescribedByElements.map((other) => other.textContent).join(' ')")
    assert "65535" in reason
    expect(page.locator("#id_host")).to_have_value("mail.example.com")


def test_a_save_that_takes_long_says_so_and_is_sent_once(visitor_as: Callable[[str], Visitor]) -> None:
    """The page tells by itself: while its answer is outstanding nobody can ask it anything."""
    page, held, told = visitor_as("Manager").open("/notifications/add/smtp/"), [], []
    page.route(
        "**/add/smtp/", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.on("console", lambda message: told.append(message.text))
    values = {"name": "Finance", "host": "127.0.0.1", "from_address": "a@x.example", "to": "b@x.example"}
    for field, value in values.items():
        page.locator(f"#id_{field}").fill(value)
    page.evaluate(TELL_WHEN_BUSY)

    page.evaluate("""() => {
      const save = document.querySelector("main form [type=submit]");
      save.click();
      window.setTimeout(() => { save.click(); console.info("clicked again"); }, 1000);
    }""")
    for _ in range(600):
        if held and "clicked again" in told:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)  # a second request would come now

    assert told == ["busy=true Sending a test mail…", "clicked again"]
    assert len(held) == 1
    held[0].abort()
