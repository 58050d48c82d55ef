"""Slack's mrkdwn on the page."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.polling import HANG_TIMEOUT

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

SHOW = """async ([texts, verbatim]) => {
  const { mrkdwn } = await import("/mrkdwn.js");
  const names = {
    user: (id) => ({ U1: "recruiter" })[id] ?? id,
    isMe: (id) => id === "U1",
    channel: (id) => ({ C1: "recruiting" })[id] ?? id,
    channelNamed: (name) => ({ recruiting: "C1" })[name],
  };
  const shown = (text) => {
    const here = document.createElement("div");
    here.append(...mrkdwn(text, names, verbatim));
    for (const element of here.querySelectorAll("*")) {
      for (const name of ["target", "rel", "type", "title"]) element.removeAttribute(name);
    }
    return here.innerHTML;
  };
  return Object.fromEntries(texts.map((text) => [text, shown(text)]));
}"""


async def shown(page: "Page", texts: Any, *, verbatim: bool = False) -> dict[str, str]:
    """Render the texts; return their HTML without the attributes common to all."""
    return await page.evaluate(SHOW, [list(texts), verbatim])


def mention(text: str, *, loud: bool = False) -> str:
    return f'<span class="slack-mention{" is-loud" if loud else ""}">{text}</span>'


def code(text: str) -> str:
    return f'<code class="slack-code">{text}</code>'


def pre(text: str) -> str:
    return f'<pre class="slack-pre">{text}</pre>'


def quote(text: str) -> str:
    return f'<blockquote class="slack-quote">{text}</blockquote>'


MARKS = {
    "*bold* _italic_ ~gone~": "<strong>bold</strong> <em>italic</em> <s>gone</s>",
    "(*bold*), _italic_.": "(<strong>bold</strong>), <em>italic</em>.",
    "*_both_* and _~both~_": "<strong><em>both</em></strong> and <em><s>both</s></em>",
    "snake_case_name 2*3*4 a~b~c": "snake_case_name 2*3*4 a~b~c",
    "*bold*er": "*bold*er",
    "ü*ber*": "ü*ber*",
    "* no * _ no _": "* no * _ no _",
    "** __ ~~ ****": "** __ ~~ ****",
    "*open": "*open",
    "*not over\nlines*": "*not over<br>lines*",
    "*with `a*b` code*": f"<strong>with {code('a*b')} code</strong>",
    "_see <https://example.com/a_b_c|a_b>_": '<em>see <a href="https://example.com/a_b_c">a_b</a></em>',
    "`*no bold* &lt;b&gt;`": code("*no bold* &lt;b&gt;"),
    "`<https://example.com|label>`": code("label"),
    "``": "``",
    "a &lt; b &amp;&amp; c &gt; d &amp;lt; &copy;": "a &lt; b &amp;&amp; c &gt; d &amp;lt; &amp;copy;",
    ":tada: :no_such_emoji: 10:30:45 :wave::skin-tone-2:": "🎉 :no_such_emoji: 10:30:45 👋🏻",
}

LINES = {
    "one\ntwo\n\nthree": "one<br>two<br><br>three",
    "&gt; said\n&gt; twice\nafter": quote("said<br>twice") + "after",
    "before\n>said": "before" + quote("said"),
    "&gt;&gt;&gt;all\n*of* it": quote("all<br><strong>of</strong> it"),
    "a &gt; b": "a &gt; b",
    "```\n*as* it\n  is\n```\nafter": pre("*as* it\n  is") + "after",
    "before ```x &amp;&amp; y``` after": "before " + pre("x &amp;&amp; y") + " after",
    "```never *closed*": "```never <strong>closed</strong>",
}

ENTITIES = {
    "<https://example.com/?a=1&amp;b=2|the *label*>": '<a href="https://example.com/?a=1&amp;b=2">the *label*</a>',
    "<https://example.com>": '<a href="https://example.com">https://example.com</a>',
    "<mailto:a@example.com>": '<a href="mailto:a@example.com">mailto:a@example.com</a>',
    "<@U1> <@U2> <@U3|somebody>": " ".join(
        [mention("@recruiter", loud=True), mention("@U2"), mention("@somebody")]
    ),
    "<#C1> <#C9|elsewhere>": f"{mention('#recruiting')} {mention('#elsewhere')}",
    "<!here> <!channel> <!everyone|everyone>": " ".join(
        mention(f"@{name}", loud=True) for name in ("here", "channel", "everyone")
    ),
    "<!subteam^S1|@operators> <!subteam^S2>": f"{mention('@operators')} {mention('@S2')}",
    "<!unheard|of it>": "of it",
}

AUTOMATIC = {
    "see https://example.com/a?b=1&amp;c=2.": (
        'see <a href="https://example.com/a?b=1&amp;c=2">https://example.com/a?b=1&amp;c=2</a>.'
    ),
    "(https://example.com)": '(<a href="https://example.com">https://example.com</a>)',
    "&lt;https://example.com&gt;": '&lt;<a href="https://example.com">https://example.com</a>&gt;',
    "to a@example.com": 'to <a href="mailto:a@example.com">a@example.com</a>',
    "in #recruiting, not in #nowhere": f"in {mention('#recruiting')}, not in #nowhere",
}

HOSTILE = {
    "&lt;!channel&gt; &lt;@U1&gt;": "&lt;!channel&gt; &lt;@U1&gt;",
    "<javascript:alert(1)|click>": "<span>click</span>",
    "<javascript:alert(1)>": "<span>javascript:alert(1)</span>",
    "<data:text/html,hello|click>": "<span>click</span>",
    "<JaVaScRiPt:alert(1)|a *b*>": "<span>a *b*</span>",
    "<img src=x onerror=window.ran=1>": "<span>img src=x onerror=window.ran=1</span>",
    "&lt;script&gt;window.ran=1&lt;/script&gt;": "&lt;script&gt;window.ran=1&lt;/script&gt;",
    '<https://example.com/"onclick="window.ran=1|x>': (
        '<a href="https://example.com/&quot;onclick=&quot;window.ran=1">x</a>'
    ),
    "`<script>window.ran=1</script>`": code("&lt;script&gt;window.ran=1&lt;/script&gt;"),
    "<!date^1^{constructor}|fallback>": '<time class="slack-date">fallback</time>',
    ":constructor: :__proto__:": ":constructor: :__proto__:",
}


@pytest.mark.parametrize(
    "cases", [MARKS, LINES, ENTITIES, AUTOMATIC], ids=["marks", "lines", "entities", "automatic"]
)
async def test_markup_is_rendered_like_slack(static_page: "Page", cases: dict[str, str]) -> None:
    assert await shown(static_page, cases) == cases


async def test_a_verbatim_text_has_only_explicit_links(static_page: "Page") -> None:
    assert await shown(static_page, AUTOMATIC, verbatim=True) == {text: text for text in AUTOMATIC}
    assert await shown(static_page, ENTITIES, verbatim=True) == ENTITIES


async def test_a_hostile_text_is_shown_as_text_and_runs_nothing(static_page: "Page") -> None:
    assert await shown(static_page, HOSTILE) == HOSTILE
    assert await static_page.evaluate("window.ran") is None


async def test_a_link_opens_in_a_new_tab_without_opener(
    static_page: "Page",
) -> None:
    attributes = await static_page.evaluate("""async () => {
      const { mrkdwn } = await import("/mrkdwn.js");
      const [link] = mrkdwn("<https://example.com|label>", {});
      return [link.target, link.rel];
    }""")
    assert attributes == ["_blank", "noopener noreferrer"]


async def test_a_long_row_of_marks_is_parsed_in_time(static_page: "Page") -> None:
    """Texts of the maximum length must not take exponential time."""
    rows = [
        mark * (3000 // len(mark))
        for mark in ("*a ", "_a", "<a", "`a ", "<", "*_~", "*`", "a.", ":a", "&gt;")
    ]
    async with asyncio.timeout(HANG_TIMEOUT):
        read = await static_page.evaluate(
            """async (rows) => {
              const { mrkdwn } = await import("/mrkdwn.js");
              return rows.map((row) => mrkdwn(row, {})).length;
            }""",
            rows,
        )
    assert read == len(rows)


async def test_dates_are_formatted_like_slack(static_page: "Page") -> None:
    """Format 18 February 2014, 14:39:42 UTC in a browser in UTC."""
    formats = {
        "{date_num}": "2014-02-18",
        "{date_slash}": "02/18/2014",
        "{date}": "February 18th, 2014",
        "{date_short}": "Feb 18, 2014",
        "{date_long}": "Tuesday, February 18th, 2014",
        "{date_pretty}": "February 18th, 2014",
        "{date_short_pretty} at {time}": "Feb 18, 2014 at 2:39 PM",
        "{date_long_pretty}": "Tuesday, February 18th, 2014",
        "{time_secs}": "2:39:42 PM",
        "no token": "the fallback",
        "{unheard_of}": "the fallback",
    }
    texts = {f"<!date^1392734382^{form}|the fallback>": says for form, says in formats.items()}
    assert await shown(static_page, texts) == {
        text: f'<time class="slack-date">{says}</time>' for text, says in texts.items()
    }
    linked = "<!date^1392734382^{date_num}^https://example.com/?a=1&amp;b=2|the fallback>"
    assert (await shown(static_page, [linked]))[
        linked
    ] == '<a href="https://example.com/?a=1&amp;b=2">2014-02-18</a>'


async def test_a_date_near_now_is_relative(static_page: "Page") -> None:
    days = await static_page.evaluate("""async () => {
      const { slackDate } = await import("/slack_date.js");
      const now = Math.floor(Date.now() / 1000);
      const day = 86400;
      return [
        ...[-day, 0, day].map((by) => slackDate(now + by, "{date_short_pretty}")),
        ...[-7200, -90 * 60, 2 * day + 60].map((by) => slackDate(now + by, "{ago}")),
      ];
    }""")
    assert days == ["yesterday", "today", "tomorrow", "2 hours ago", "2 hours ago", "in 2 days"]


async def test_a_date_is_in_the_readers_own_time_zone(browser: "Browser", page_server: str) -> None:
    context = await browser.new_context(timezone_id="Asia/Tokyo")
    page = await context.new_page()
    await page.goto(f"{page_server}/alone")
    text = "<!date^1392734382^{date_num} {time}|fallback>"
    assert "2014-02-18 11:39 PM" in (await shown(page, [text]))[text]
    await context.close()
