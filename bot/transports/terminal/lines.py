"""Lines of text for a terminal."""

from dataclasses import dataclass
from enum import Enum, auto


class Weight(Enum):
    NORMAL = auto()
    HEADLINE = auto()
    ASIDE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    weight: Weight = Weight.NORMAL
