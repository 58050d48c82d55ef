"""The one way in which a mail server is called."""

import ssl

import aiosmtplib

from bot.smtp_url import Security, Smtp


def smtp_client(smtp: Smtp, timeout: float, tls: ssl.SSLContext | None = None) -> aiosmtplib.SMTP:
    """A client that is not connected yet; each of its commands takes `timeout` seconds at most."""
    return aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        use_tls=smtp.security is Security.TLS,
        start_tls=smtp.security is Security.STARTTLS,
        tls_context=tls,
        username=smtp.username,
        password=smtp.password,
        timeout=timeout,
        # An address literal, as mail programs use it: to find this machine's full name takes a
        # look-up that can hang. https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4
        local_hostname="[127.0.0.1]",
    )
