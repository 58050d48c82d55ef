"""The `users.*` methods: https://docs.slack.dev/reference/methods/users.info."""

from bot.fakes.slack.arguments import Reply, SlackError, UserInfo
from bot.fakes.slack.workspace import BOT_USER, SLACKBOT, TEAM, Profile, Workspace


def user_info(workspace: Workspace, request: UserInfo) -> Reply:
    """Return a person; the API leaves out the email address unless the token has the scope for it."""
    name = workspace.people.get(request.user)
    if name is None:
        raise SlackError("user_not_found")
    profile = workspace.profiles.get(request.user, Profile())
    return {
        "user": {
            "id": request.user,
            "team_id": profile.team,
            "name": name,
            "deleted": False,
            "real_name": name.title(),
            "tz": profile.zone,
            "is_bot": request.user in {BOT_USER, SLACKBOT},
            "is_restricted": profile.is_guest,
            "is_ultra_restricted": False,
            **({"is_stranger": True} if profile.team != TEAM else {}),
            "profile": {"display_name": name, "email": profile.email},
        }
    }
