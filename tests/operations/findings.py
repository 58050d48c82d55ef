"""What the checks found, looked up by what they are about."""

from bot.operations.doctor import examine
from bot.operations.finding import Finding, Mark
from bot.settings import Settings
from tests.making import NOW

CANARY = "canary-7f3a"


async def found(settings: Settings) -> dict[str, Finding]:
    return {f.subject: f for f in await examine(settings, NOW)}


def failures(findings: dict[str, Finding]) -> set[str]:
    return {subject for subject, f in findings.items() if f.mark is Mark.FAILURE}
