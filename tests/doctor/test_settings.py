"""Findings about settings."""

from bot.model.finding import Severity
from tests.conftest import MakeSettings
from tests.doctor.findings import found


async def test_unusual_settings_are_noted(make_settings: MakeSettings) -> None:
    settings = make_settings(
        SLACK_APP_TOKEN="xapp-1",
        SLACK_CHANNEL=None,
        EMAIL_ALERT_TO=None,
        PUBLIC_URL="http://bot.example.com",
        SMTP_URL="smtp://mail.invalid",
    )
    findings = await found(settings)
    assert findings["SLACK_APP_TOKEN"].severity is Severity.NOTE
    assert findings["SLACK_CHANNEL"].severity is Severity.NOTE
    assert findings["PUBLIC_URL"].text.startswith("not https")
    assert findings["SMTP_URL"].text == "emails and the password are sent unencrypted"
    assert findings["Mail server"].text == "mail.invalid:25: its host name is unknown"


async def test_an_audience_without_an_address_is_noted(make_settings: MakeSettings) -> None:
    findings = await found(make_settings(EMAIL_TO=None))
    assert findings["EMAIL_TO"].text == "not set: recruiters get no email"


async def test_the_template_of_search_urls_is_shown_by_example(make_settings: MakeSettings) -> None:
    template = "https://app.example.com/searches/{searchId}?n={resultCount}"
    findings = await found(make_settings(SEARCH_URL_TEMPLATE=template))
    shown = "https://app.example.com/searches/srch_8f3k2m?n=1204, for example"
    assert findings["SEARCH_URL_TEMPLATE"].text == shown


async def test_an_undocumented_field_in_the_template_is_noted(make_settings: MakeSettings) -> None:
    template = "https://app.example.com/{searchID}"
    findings = await found(make_settings(SEARCH_URL_TEMPLATE=template))
    assert findings["SEARCH_URL_TEMPLATE"].severity is Severity.NOTE
