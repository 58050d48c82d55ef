"""An export is ready: recruiters get its download link, and the export is recorded."""

from datetime import timedelta

from bot.model import Audience, Event, Intent, Notify, Payload, Policy, Record, handles
from bot.model.payload import Count, HttpsUrl, Id, Moment, OptionalField, Text


class Data(Payload):
    export_id: Id
    download_url: HttpsUrl
    record_count: OptionalField[Count] = None
    expires_at: OptionalField[Moment] = None
    format: OptionalField[Text] = None


@handles(
    "export.ready",
    alias="export",
    data=Data,
    sample={
        "exportId": "exp_5t7h1q",
        "downloadUrl": "https://exports.example.com/exp_5t7h1q/candidates.csv?signature=Zm9v",
        "recordCount": 1204,
        "expiresAt": timedelta(days=7),
    },
    filters=("min",),
)
def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    export = {
        "downloadUrl": data.download_url,
        "recordCount": data.record_count,
        "expiresAt": int(data.expires_at.timestamp()) if data.expires_at else None,
    }
    if data.format:
        export["format"] = data.format
    linked = policy.may_link(data.download_url)
    context = {"exportId": data.export_id, **export, "linked": linked}
    return [
        Record("export", data.export_id, export),
        Notify(
            Audience.RECRUITERS,
            event.type,
            context,
            thread=f"export:{data.export_id}",
            count=data.record_count,
            url=data.download_url if linked else None,
            url_expires_at=data.expires_at,
        ),
    ]
