"""Block Kit on the page: how each block is rendered."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.browser.blocks import Json, actions, button, html, show
from tests.browser.gallery import mrkdwn, plain
from tests.running_playground import ROOT

if TYPE_CHECKING:
    from playwright.async_api import Page

GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.slack.json"))
MESSAGES = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in GOLDEN}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


async def test_every_message_of_the_bot_is_rendered_completely(static_page: "Page") -> None:
    """No block is unsupported, no entity is left undecoded, and every text appears."""
    assert MESSAGES
    for name, message in MESSAGES.items():
        blocks = message["blocks"]
        await show(static_page, *blocks)
        panel = static_page.locator("#slack")
        assert await panel.locator(".slack-unsupported").count() == 0, name
        assert await panel.locator("> *").count() == len(blocks)
        text = await panel.inner_text()
        assert "&amp;" not in text
        assert "&lt;" not in text
        for words in _plain_texts(blocks):
            assert words in " ".join(text.split()), name


def _plain_texts(blocks: Sequence[Json]) -> list[str]:
    """Return the text of each `plain_text` in the blocks, decoded."""
    found: list[str] = []

    def keep(part: Json) -> Json:
        if part.get("type") == "plain_text":
            text = part["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            found.append(" ".join(text.split()))
        return part

    json.loads(json.dumps(blocks), object_hook=keep)
    return found


async def test_texts_are_rendered_by_type(static_page: "Page") -> None:
    header = {"type": "header", "text": plain("*Done* &amp; &lt;dusted&gt; :tada:")}
    assert (
        await html(static_page, header)
        == '<h4 class="slack-header">*Done* &amp; &lt;dusted&gt; 🎉</h4>'
    )
    header["text"]["emoji"] = False
    assert ":tada:" in await html(static_page, header)
    assert await html(static_page, {"type": "divider"}) == "<hr>"
    section = {
        "type": "section",
        "text": plain("one\n<!channel> <b>"),
        "fields": [mrkdwn("*a*"), plain("_b_")],
    }
    assert await html(static_page, section) == (
        '<div class="slack-section-text"><div>one<br>&lt;!channel&gt; &lt;b&gt;</div>'
        '<div class="slack-fields"><div><strong>a</strong></div><div>_b_</div></div></div>'
    )
    markdown = {"type": "context", "elements": [mrkdwn("_a_"), plain("b")]}
    assert await html(static_page, markdown) == "<span><em>a</em></span><span>b</span>"


async def test_fields_are_in_two_columns(static_page: "Page") -> None:
    await show(static_page, {"type": "section", "fields": [plain(name) for name in "abcd"]})
    a, b, c, _ = [
        await field.bounding_box()
        for field in await static_page.locator(".slack-fields > div").all()
    ]
    assert a is not None
    assert b is not None
    assert c is not None
    assert a["y"] == b["y"] < c["y"]
    assert a["x"] == c["x"] < b["x"]


async def test_external_images_are_shown_as_text_and_not_loaded(static_page: "Page") -> None:
    """Errors in the console would fail the test too."""
    asked: list[str] = []
    static_page.on("request", lambda request: asked.append(request.url))
    far = {"image_url": "https://cdn.example.com/a.png", "alt_text": "A chart"}
    await show(
        static_page,
        {"type": "image", "title": plain("Per week"), **far},
        {"type": "section", "text": plain("x"), "accessory": {"type": "image", **far}},
        {"type": "context", "elements": [{"type": "image", **far}]},
        {"type": "image", "image_url": "javascript:alert(1)", "alt_text": "Nothing"},
        {"type": "image", "image_url": PIXEL, "alt_text": "A dot"},
        {
            "type": "image",
            "image_url": f"{static_page.url.rsplit('/', 1)[0]}/favicon.svg",
            "alt_text": "Ours",
        },
    )
    assert await static_page.get_by_role("img", name="A chart").count() == 3
    assert await static_page.locator("figcaption").inner_text() == "Per week"
    assert "cdn.example.com" in await static_page.locator(".is-absent").first.inner_text()
    assert await static_page.locator("img").evaluate_all("(all) => all.map(({ alt }) => alt)") == [
        "A dot",
        "Ours",
    ]
    assert not [url for url in asked if "example.com" in url]


async def test_rich_text_has_styles_lists_and_mentions(static_page: "Page") -> None:
    def text(words: str, **style: bool) -> Json:
        return {"type": "text", "text": words, "style": style}

    def rich(kind: str, *elements: Json, **more: Any) -> Json:
        return {"type": f"rich_text_{kind}", "elements": list(elements), **more}

    block = {
        "type": "rich_text",
        "elements": [
            rich(
                "section",
                text("<b>", bold=True, italic=True),
                text("x", strike=True),
                text("y", code=True),
                {"type": "link", "url": "https://example.com", "text": "link"},
                {"type": "link", "url": "javascript:alert(1)", "text": "no link"},
                {"type": "emoji", "name": "tada", "unicode": "1f389"},
                {"type": "emoji", "name": "no_such_emoji"},
                {"type": "user", "user_id": "U1"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "broadcast", "range": "here"},
                {
                    "type": "date",
                    "timestamp": 1392734382,
                    "format": "{date_num}",
                    "fallback": "then",
                },
                {"type": "constructor"},
            ),
            rich("list", rich("section", text("item")), style="bullet", indent=1),
            rich("list", rich("section", text("third")), style="ordered", offset=2),
            rich("quote", text("said")),
            rich("preformatted", text("a\n  b")),
        ],
    }
    shown = await html(static_page, block)
    for expected in (
        "<strong><em>&lt;b&gt;</em></strong><s>x</s>",
        '<code class="slack-code">y</code>',
        '<a href="https://example.com" target="_blank" rel="noopener noreferrer">link</a>',
        "<span>no link</span>🎉:no_such_emoji:",
        '<span class="slack-mention">@U1</span><span class="slack-mention">#recruiting</span>',
        '<span class="slack-mention is-loud">@here</span>',
        '<time class="slack-date" title="then">2014-02-18</time>',
        "unsupported: constructor",
        '<li class="slack-rich">item</li></ul>',
        '<ol class="slack-list" start="3"',
        '<blockquote class="slack-quote slack-rich">said</blockquote>',
        '<pre class="slack-pre">a\n  b</pre>',
    ):
        assert expected in shown


async def test_markdown_is_rendered_as_far_as_slack_supports_it(static_page: "Page") -> None:
    text = """# A *heading*
**bold** _it_ ~~gone~~ `a*b*` [link](https://example.com) [no](javascript:alert(1)) <i>
second line :tada:

- one
  - inner
3. three
- [x] done

> said

```py
x = *1*
```
---
snake_case_name"""
    shown = await html(static_page, {"type": "markdown", "text": text})
    for expected in (
        '<h4 class="slack-header">A <em>heading</em></h4>',
        "<p><strong>bold</strong> <em>it</em> <s>gone</s> ",
        '<code class="slack-code">a*b*</code>',
        ">link</a> [no](javascript:alert(1)) &lt;i&gt;<br>second line 🎉</p>",
        "<li>one</li>",
        "<li>inner</li>",
        'start="3"',
        "<li>☑ done</li>",
        "<p>said</p></blockquote>",
        '<pre class="slack-pre">x = *1*</pre><hr><p>snake_case_name</p>',
    ):
        assert expected in shown
    assert 'href="javascript' not in shown


async def test_unknown_types_are_named(static_page: "Page") -> None:
    await show(
        static_page, {"type": "video"}, {"type": "__proto__"}, actions({"type": "datepicker"})
    )
    assert await static_page.locator(".slack-unsupported").all_inner_texts() == [
        "unsupported: video",
        "unsupported: __proto__",
        "unsupported: datepicker",
    ]


async def test_hostile_blocks_run_nothing(static_page: "Page") -> None:
    hostile = "<img src=x onerror=window.ran=1><script>window.ran=1</script>"
    await show(
        static_page,
        {"type": "header", "text": plain(hostile)},
        {"type": "section", "text": mrkdwn(hostile), "fields": [plain(hostile)]},
        {"type": "context", "elements": [mrkdwn(hostile)]},
        {"type": "markdown", "text": hostile},
        {"type": "image", "image_url": hostile, "alt_text": hostile},
        actions(button(hostile, hostile), {"type": hostile}),
        {"type": hostile},
    )
    assert await static_page.locator("#slack :is(img, script)").count() == 0
    assert await static_page.evaluate("window.ran") is None
