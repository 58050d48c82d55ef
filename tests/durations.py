"""Durations in seconds with their text, for Python and for the playground's page."""

FROM_A_SECOND_ON = [
    (0.9996, "1 s"),
    (1.25, "1.3 s"),
    (2.3, "2.3 s"),
    (7, "7 s"),
    (59.94, "59.9 s"),
    (59.96, "1 min 0 s"),
    (185.613, "3 min 6 s"),
    (3_599.4, "59 min 59 s"),
    (3_599.6, "1 h 0 min"),
    (7_500, "2 h 5 min"),
    (86_399, "23 h 59 min"),
    (86_400, "1 day 0 h"),
    (273_600, "3 days 4 h"),
]
