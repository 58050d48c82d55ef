"""Errors of a request name its host."""

import pytest

from bot.commands.http import host_and_port


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@redis.example.com:6379/0", "redis.example.com:6379"),
        ("rediss://redis.example.com", "redis.example.com"),
        ("unix:///run/redis.sock", "/run/redis.sock"),
        ("redis://redis.example.com:x", "redis.example.com"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert host_and_port(url) == shown
