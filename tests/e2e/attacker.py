"""One attacker: queries made to be slow, connections that say nothing, a picture of endless rows.

python tests/e2e/attacker.py HOST PORT SECONDS
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import sys
import threading
import time
import zlib

CONNECTIONS = 1050
ROWS = 59_900_000

QUERIES = (
    "a dog without" + " " * 1900,
    "no " * 1300,
    '"a" + ' * 600 + '"b"',
    "“" * 3900,
    "without a, " * 350,
    "a dog with no " + "one, " * 700,
)


def tall_picture() -> bytes:
    """A PNG one pixel wide and 59,900,000 high, of some hundred kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packed = zlib.compressobj(1)
    part = bytes(2 * 100_000)
    rows = b"".join(packed.compress(part) for _ in range(ROWS // 100_000)) + packed.flush()
    header = struct.pack(">IIBBBBB", 1, ROWS, 8, 0, 0, 0, 0)
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def posted(kind: str, body: bytes) -> bytes:
    head = (
        f"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def requests() -> list[bytes]:
    asked = [posted("application/json", json.dumps({"text": text}).encode()) for text in QUERIES]
    field = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    picture = posted("multipart/form-data; boundary=x", field + tall_picture() + b"\r\n--x--\r\n")
    return [*asked, picture]


def ask_on(address: tuple[str, int], until: float, asked: list[bytes]) -> None:
    for request in itertools.cycle(asked):
        if time.monotonic() > until:
            return
        try:
            with socket.create_connection(address, timeout=30) as client:
                client.sendall(request)
                while client.recv(65536):
                    pass
        except OSError:
            time.sleep(0.01)


def hold_on(address: tuple[str, int], until: float) -> None:
    """Hold as many connections as there are, and open each again that is closed."""
    held: list[socket.socket] = []
    while time.monotonic() < until:
        try:
            client = socket.create_connection(address, timeout=5)
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            held.append(client)
        except OSError:
            time.sleep(0.05)
        if len(held) > CONNECTIONS:
            held.pop(0).close()
            time.sleep(0.002)


def main() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    address = (sys.argv[1], int(sys.argv[2]))
    asked = requests()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    until = time.monotonic() + float(sys.argv[3])
    threads = [
        threading.Thread(target=ask_on, args=(address, until, asked)),
        threading.Thread(target=hold_on, args=(address, until)),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


if __name__ == "__main__":
    main()
