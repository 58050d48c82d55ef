"""The pages that people see who unsubscribe in a browser."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

from bot.unsubscribe.links import ONE_CLICK

_SUBSCRIBE = "/juicebox subscribe all email"
_STYLE = """
:root { color-scheme: light dark; --page: #f3f4f7; --card: #ffffff; --text: #3d4350; --strong: #14171f;
  --accent: #5b3df5; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #101218; --card: #1a1d26; --text: #c9cdd6; --strong: #ffffff; --accent: #6c54ff; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--page); color: var(--text);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 480px; margin: 6vh auto 0; padding: 32px 28px; background: var(--card); border-radius: 12px; }
h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.3; color: var(--strong); }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
p:last-child { margin: 0; }
strong, code { color: var(--strong); }
code { display: inline-block; padding: 0 6px; background: var(--page); border-radius: 4px; font-size: 15px; }
form { margin: 0 0 20px; }
button { width: 100%; min-height: 48px; padding: 12px 24px; border: 0; border-radius: 8px; cursor: pointer;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; }
button:hover { filter: brightness(1.1); }
button:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""Allows the style above, and the form."""
_TAKE_BACK = f"<p>If you change your mind, type <code>{_SUBSCRIBE}</code> in Slack.</p>"


def question(address: str) -> HTMLResponse:
    """Ask whether to unsubscribe; the form posts to this page's own address."""
    name, value = ONE_CLICK
    return _page(
        "Unsubscribe from Juicebox emails?",
        f"<p><strong>{escape(address)}</strong> will get no more emails from the Juicebox bot.</p>"
        f'<form method="post"><button name="{name}" value="{value}">Unsubscribe</button></form>'
        + _TAKE_BACK,
    )


def done(address: str) -> HTMLResponse:
    return _page(
        "You are unsubscribed",
        f"<p><strong>{escape(address)}</strong> gets no more emails from the Juicebox bot.</p>"
        f"{_TAKE_BACK}<p>For an address that several people share, ask the person who looks after the"
        " bot at your company.</p>",
    )


def unknown_link() -> HTMLResponse:
    return _page(
        "This link does not work",
        "<p>It is not complete, or it is too old. Please use the link in a newer email, or ask the"
        " person who looks after the Juicebox bot at your company.</p>",
        status=404,
    )


def not_confirmed() -> HTMLResponse:
    return _page(
        "Nothing has changed",
        "<p>Please open the link in the email again, and press Unsubscribe.</p>",
        status=400,
    )


def try_again(retry_after: int) -> HTMLResponse:
    return _page(
        "Please try again in a minute",
        "<p>You are still subscribed: the bot cannot store the change at the moment.</p>",
        status=503,
        headers={"Retry-After": str(retry_after)},
    )


def _page(
    title: str, content: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY, **(headers or {})})
