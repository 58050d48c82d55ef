"""Checks whether this process can listen on an address, and explains why not."""

import errno
import socket
from contextlib import ExitStack

_OUR_OPTIONS = "PORT or --port"
_HIGHEST_PORT = 65_535


def why_not_listen(host: str | None, port: int, options: str = _OUR_OPTIONS) -> str:
    """Return why a server cannot listen there and how to fix it, or an empty string.

    Binds every address of the host, as asyncio's `create_server` does, and releases it again.
    `options` names the options that choose the port.
    """
    if not 0 <= port <= _HIGHEST_PORT:  # getaddrinfo would read 70000 as 4464
        return f"there is no port {port}: choose one up to {_HIGHEST_PORT} with {options}"
    try:
        with ExitStack() as stack:
            missing = [_bind(stack, *found) for found in _addresses(host, port)]
    except OSError as fault:
        return explain(host, port, fault, options)
    if missing and all(missing):
        return explain(host, port, OSError(errno.EADDRNOTAVAIL, ""), options)
    return ""


def explain(host: str | None, port: int, fault: OSError, options: str = _OUR_OPTIONS) -> str:
    """Describe why listening there failed, and how to fix it."""
    shown = host or "any address"
    if isinstance(fault, socket.gaierror):
        return f"the host {shown} is unknown: choose an address of this machine with --host"
    match fault.errno:
        case errno.EADDRINUSE:
            remedy = f"end what listens there, or choose another with {options}"
            return f"port {port} on {shown} is taken: {remedy}"
        case errno.EACCES | errno.EPERM:
            remedy = f"choose one above 1023 with {options}"
            return f"this user may not listen on port {port} of {shown}: {remedy}"
        case errno.EADDRNOTAVAIL:
            return f"{shown} is not an address of this machine: choose one that is with --host"
    said = fault.strerror or type(fault).__name__
    return f"port {port} on {shown} cannot be used ({said}): choose another with {options}"


_Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


def _addresses(host: str | None, port: int) -> list[_Address]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))  # type: ignore[misc]  # plain numbers occur only without IPv6


def _bind(stack: ExitStack, family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    """Bind the address; True if this machine does not have it, for example without IPv6."""
    try:
        listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    except OSError:
        return True
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind(address)
    except OSError as fault:
        if fault.errno != errno.EADDRNOTAVAIL:
            raise
        return True
    return False
