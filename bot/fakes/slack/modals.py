"""The modals that users see, in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.fakes.arrivals import Arrivals


@dataclass(frozen=True, slots=True)
class Modal:
    """A version of a modal that one user sees; `errors` are shown below inputs, by their blocks' ids."""

    id: str
    user: str
    view: Mapping[str, Any]
    hash: str
    errors: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = True


class Modals:
    """The modals of a workspace; a user sees one at a time. `new_hash` identifies a version."""

    def __init__(self, new_hash: Callable[[], str]) -> None:
        self._new_hash = new_hash
        self.versions: Arrivals[Modal] = Arrivals("modals")

    def show(
        self,
        modal_id: str,
        user: str,
        view: Mapping[str, Any],
        errors: Mapping[str, str] | None = None,
    ) -> Modal:
        """Open a modal, or replace what it shows."""
        modal = Modal(modal_id, user, view, self._new_hash(), errors or {})
        self.versions.add(modal)
        return modal

    def close(self, modal: Modal) -> None:
        self.versions.add(replace(modal, is_open=False))

    def of(self, user: str) -> Modal | None:
        """Return the modal that the user sees, or None."""
        latest = next((m for m in reversed([*self.versions]) if m.user == user), None)
        return latest if latest and latest.is_open else None

    def find(self, view_id: str, external_id: str) -> Modal | None:
        """Return the open modal with one of these ids, or None."""
        users = {modal.user for modal in self.versions}
        shown = [modal for user in users if (modal := self.of(user))]
        return next(
            (
                modal
                for modal in shown
                if modal.id == view_id or (external_id and modal.view["external_id"] == external_id)
            ),
            None,
        )
