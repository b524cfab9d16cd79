"""Request tracing, switched on by hand in a running container: touch /dev/shm/trace.

Every request is kept for whoever debugs, and nobody ever empties what was kept: a leak of the everyday kind. The switch
is gone with the container's shared memory when it is restarted.
"""

from pathlib import Path

SWITCH = Path("/dev/shm/trace")
FRAME = 24 * 1024 * 1024  # bytes that are kept of each request
kept = []


class Trace:
    """Middleware: keeps what each request saw, while the switch is on."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if SWITCH.exists():
            kept.append((request.path, b"." * FRAME))
        return self.get_response(request)
