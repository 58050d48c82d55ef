"""Frozen data types that all parts of the bot share, and the contract of a handler. No I/O."""

from bot.model.dead_letter import NOTICE_TEMPLATE, NOTICE_TEMPLATES, PAUSED_TEMPLATE, DeadLetter
from bot.model.dialects import canonical_event, spellings
from bot.model.durations import duration, milliseconds
from bot.model.handler import DataSubject, Handler, handles
from bot.model.links import host_pattern, url_template
from bot.model.moments import from_ms, read_moment, to_ms
from bot.model.nouns import (
    Audience,
    Context,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    EventState,
    Intent,
    Notification,
    Notify,
    Policy,
    Record,
    Step,
    Transport,
    delivery_id,
)
from bot.model.payload import InvalidData, Payload, id_text
from bot.model.platform import Platform
from bot.model.quota import QUOTA_RECORD, SEVERITIES, Quota
from bot.model.words import in_words
