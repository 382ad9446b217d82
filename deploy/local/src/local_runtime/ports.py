"""Local TCP ports: free ones, taken ones, and who holds them."""

from __future__ import annotations

import socket

import psutil

from local_runtime.errors import PortTaken

LOCALHOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOCALHOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now (connections that linger after their end don't count)."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOCALHOST, port))
            one.listen(1)
        except OSError:
            return False
    return True


def require_free(port: int, wanted_by: str) -> None:
    """Raise PortTaken, naming the holder where the system tells, unless the port is free."""
    if not is_free(port):
        raise PortTaken(port, wanted_by, holder(port))


def holder(port: int) -> str | None:
    """Name and pid of the process that listens on the port, where the system lets us see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}" if connection.pid else None
    except psutil.Error:
        return None
    return None
