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
        """Return the shell command that requeues an event or a delivery."""
        return self._command("retry", subject_id)

    def reset_command(self, place: str) -> str:
        """Return the shell command that removes what was chosen for a place, such as `email:<address>`."""
        return self._command("subscriptions --reset", place)

    def _command(self, name: str, argument: str) -> str:
        """Return a shell command with one argument.

        It is quoted, because others choose it: the id of an event, an address. Two shells read a command
        on Heroku: the local one and that of the dyno, which gets a single argument unchanged.
        """
        quoted = shlex.quote(argument)
        command = f"python -m bot {name} {quoted}"
        if self.is_heroku and quoted != argument:
            command = shlex.quote(command)
        return self.run + command
