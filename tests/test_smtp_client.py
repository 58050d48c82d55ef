"""A mail server is called without a look-up of this machine's own name."""

import pytest

from bot.smtp_client import smtp_client
from bot.smtp_url import parse_smtp_url


@pytest.mark.parametrize(
    ("scheme", "tls", "starttls"),
    [("smtp", False, False), ("smtps", True, False), ("smtp+starttls", False, True)],
)
def test_a_client_is_what_the_address_says(*, scheme: str, tls: bool, starttls: bool) -> None:
    client = smtp_client(parse_smtp_url(f"{scheme}://bot:right@mail.example.com:2525"), 3)
    assert (client.hostname, client.port, client.timeout) == ("mail.example.com", 2525, 3)
    assert (client.use_tls, client._start_tls_on_connect) == (tls, starttls)
    assert client.local_hostname == "[127.0.0.1]"
