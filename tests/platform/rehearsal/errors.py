"""What stops a rehearsal."""


class PlatformError(Exception):
    """For a person: what could not be done, to what, what to do next."""
