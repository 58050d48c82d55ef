"""Whether this process may listen at an address, and why not in one sentence."""

import errno
import socket
from contextlib import ExitStack

_OUR_OPTIONS = "PORT or --port"
_HIGHEST_PORT = 65_535


def why_not_listen(host: str | None, port: int, options: str = _OUR_OPTIONS) -> str:
    """Empty if a server can listen there; else what is wrong and what to do about it.

    Binds every address of the host, as asyncio's `create_server` does, and releases it again.
    `options` says how the port is chosen.
    """
    if not 0 <= port <= _HIGHEST_PORT:  # getaddrinfo takes 70000 for 4464
        return f"there is no port {port}: choose one up to {_HIGHEST_PORT} with {options}"
    try:
        with ExitStack() as stack:
            refused = [_bind(stack, *found) for found in _addresses(host, port)]
    except OSError as fault:
        return explain(host, port, fault, options)
    if refused and all(refused):
        return explain(host, port, OSError(errno.EADDRNOTAVAIL, ""), options)
    return ""


def explain(host: str | None, port: int, fault: OSError, options: str = _OUR_OPTIONS) -> str:
    """Say why nothing can listen there, and what to do about it."""
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
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))  # type: ignore[misc]  # numbers stand only where there is no IPv6


def _bind(stack: ExitStack, family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    """Take the address; True if the machine does not have it, as it may lack IPv6."""
    try:
        taken = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    except OSError:
        return True
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        taken.bind(address)
    except OSError as fault:
        if fault.errno != errno.EADDRNOTAVAIL:
            raise
        return True
    return False
