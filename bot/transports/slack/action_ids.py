"""The `action_id` of each button in a message, by which the bot recognizes it when it is pressed.

Old messages keep theirs: a name that is changed here stops working below them.
https://docs.slack.dev/reference/block-kit/block-elements/button-element
"""

FOLLOW = "follow"
"""Its value, like that of UNFOLLOW, is the thread."""
UNFOLLOW = "unfollow"
MUTE = "mute_2h"
UNMUTE = "unmute"
RETRY = "retry"
"""Its value, like that of DETAILS, is the text of a `DeadLetter`."""
DETAILS = "show_details"
TEST = "send_test"
