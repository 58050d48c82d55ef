"""Where the bot runs, which decides the commands that operators are shown."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """Heroku, or any other machine, where commands are run from the source tree."""

    is_heroku: bool = False

    @property
    def run(self) -> str:
        """What precedes a command in a shell."""
        return "heroku run " if self.is_heroku else ""

    def retry_command(self, subject_id: str) -> str:
        """Return the shell command that requeues an event or a delivery.

        The id is quoted, because the sender chooses the id of an event. Two shells read a command on
        Heroku: the local one and that of the dyno, which gets a single argument unchanged.
        """
        quoted = shlex.quote(subject_id)
        command = f"python -m bot retry {quoted}"
        if self.is_heroku and quoted != subject_id:
            command = shlex.quote(command)
        return self.run + command
