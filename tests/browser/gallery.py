"""A message with every block and element that Slack supports."""

from typing import Any


def plain(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, **more}


def run(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("It cannot be undone."),
    "confirm": plain("Do it"),
    "deny": plain("Leave it"),
    "style": "danger",
}
CHOICES = [{"text": plain(word), "value": word} for word in ("one", "two", "three")]

TEXT: list[dict[str, Any]] = [
    {"type": "header", "text": plain("A header &amp; :tada:")},
    {
        "type": "section",
        "text": mrkdwn(
            "*bold* _italic_ ~strike~ `code` <https://example.com|a link> <@U0RECRUITER>"
            " <#C0ALERTS> <!here> :rocket: :no_such_emoji: 2*3*4 snake_case_name\n"
            "&gt; quoted\n> quoted too\nafter it\n```a block\n  of code```"
        ),
    },
    {
        "type": "section",
        "text": mrkdwn("<!date^1700000000^{date_num} {time_secs}|fallback> https://example.org/x"),
        "fields": [mrkdwn("*Records*\n1,204"), plain("A second *field*"), mrkdwn("*Third*\nx")],
    },
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("small *print*"), plain("and plain")]},
]
RICH: dict[str, Any] = {
    "type": "rich_text",
    "elements": [
        section(
            run("rich "),
            run("bold", bold=True),
            run(" struck", strike=True),
            run(" code", code=True),
            {"type": "link", "url": "https://example.com", "text": " a link"},
            {"type": "emoji", "name": "wave"},
            {"type": "user", "user_id": "U0RECRUITER"},
            {"type": "channel", "channel_id": "C0ALERTS"},
            {"type": "broadcast", "range": "channel"},
            {"type": "date", "timestamp": 1_700_000_000, "format": "{date_num}"},
        ),
        {"type": "rich_text_list", "style": "bullet", "elements": [section(run("a point"))]},
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "elements": [section(run("first")), section(run("second"))],
        },
        {"type": "rich_text_preformatted", "elements": [run("preformatted\n  text")]},
        {"type": "rich_text_quote", "elements": [run("a quote")]},
    ],
}
PRESSED: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "open_link", "text": plain("Plain")},
            {"type": "button", "action_id": "go", "text": plain("Go"), "style": "primary"},
            {
                "type": "button",
                "action_id": "drop",
                "text": plain("Drop"),
                "style": "danger",
                "confirm": CONFIRM,
            },
            {"type": "static_select", "action_id": "pick", "options": CHOICES},
            {"type": "overflow", "action_id": "more", "options": CHOICES},
        ],
    },
    {
        "type": "section",
        "text": mrkdwn("with an accessory"),
        "accessory": {
            "type": "image",
            "image_url": "https://example.com/logo.png",
            "alt_text": "a logo",
        },
    },
    {
        "type": "image",
        "image_url": "https://example.com/chart.png",
        "alt_text": "a chart",
        "title": plain("The chart"),
    },
    {"type": "markdown", "text": "some **markdown**"},
]
PICKED: dict[str, Any] = {
    "type": "actions",
    "elements": [
        {"type": "timepicker", "action_id": "at", "initial_time": "19:00"},
        {"type": "checkboxes", "action_id": "days", "options": CHOICES},
        {"type": "multi_static_select", "action_id": "types", "options": CHOICES},
    ],
}


def field(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an input block."""
    element = {"action_id": name, **element}
    return {"type": "input", "block_id": name, "label": plain(name), "element": element, **more}


FORM: list[dict[str, Any]] = [
    field("Types", {"type": "multi_static_select", "options": CHOICES}),
    field(
        "Words",
        {"type": "plain_text_input", "max_length": 200, "placeholder": plain("rust berlin")},
        hint=plain("Case does not matter."),
        optional=True,
    ),
    field("Least", {"type": "number_input", "is_decimal_allowed": False}, optional=True),
    field("Where", {"type": "static_select", "options": CHOICES, "initial_option": CHOICES[0]}),
]
EVERYTHING = [*TEXT, RICH, *PRESSED, PICKED, *FORM]
