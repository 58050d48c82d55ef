"""Checks whether this process can listen on an address, and explains why not."""

import errno
import socket

_OUR_OPTIONS = "PORT or --port"
_HIGHEST_PORT = 65_535


def why_not_listen(host: str | None, port: int) -> str:
    """Return why a server cannot listen there and how to fix it, or an empty string.

    Binds every address of the host, as asyncio's `create_server` does, and releases it again.
    """
    if not 0 <= port <= _HIGHEST_PORT:  # getaddrinfo would read 70000 as 4464
        return f"there is no port {port}: choose one up to {_HIGHEST_PORT} with {_OUR_OPTIONS}"
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    try:
        found = socket.getaddrinfo(host or None, port, type=kind, flags=flags)
        missing = [_is_missing(family, address) for family, _, _, _, address in found]
        if all(missing):
            return explain(host, port, OSError(errno.EADDRNOTAVAIL, ""))
    except OSError as error:
        return explain(host, port, error)
    return ""


def _is_missing(family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    """Bind the address; True if this machine does not have it, for example without IPv6."""
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # whatever the reason, create_server leaves out such an address, too
        return True
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listener.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return True
    return False


def explain(host: str | None, port: int, error: OSError, options: str = _OUR_OPTIONS) -> str:
    """Describe why listening there failed, and how to fix it."""
    shown = host or "any address"
    if isinstance(error, socket.gaierror):
        return f"the host {shown} is unknown: choose an address of this machine with --host"
    match error.errno:
        case errno.EADDRINUSE:
            fix = f"end what listens there, or choose another with {options}"
            return f"port {port} on {shown} is taken: {fix}"
        case errno.EACCES | errno.EPERM:
            fix = f"choose one above 1023 with {options}"
            return f"this user may not listen on port {port} of {shown}: {fix}"
        case errno.EADDRNOTAVAIL:
            return f"{shown} is not an address of this machine: choose one that is with --host"
    said = error.strerror or type(error).__name__
    return f"port {port} on {shown} cannot be used ({said}): choose another with {options}"
