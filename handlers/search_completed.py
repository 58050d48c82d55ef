"""A search has completed: recruiters are told how many people it found."""

from bot.model import Audience, Context, Event, Intent, Notify, Payload, Policy, handles
from bot.model.payload import Count, Id, OptionalField, Text


class Data(Payload):
    search_id: Id
    result_count: Count
    query: OptionalField[Text] = None


@handles(
    "search.completed",
    alias="search",
    data=Data,
    sample={
        "searchId": "srch_8f3k2m",
        "resultCount": 1204,
        "query": "Senior backend engineers in Berlin who know Rust",
    },
    filters=("query", "min"),
)
def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    context: Context = {
        "searchId": data.search_id,
        "resultCount": data.result_count,
        "query": data.query or None,
    }
    url = policy.search_url({**event.data, **context})
    return [
        Notify(
            Audience.RECRUITERS,
            event.type,
            {**context, "resultsUrl": url},
            thread=f"search:{data.search_id}",
            query=data.query or "",
            count=data.result_count,
            url=url,
        )
    ]
