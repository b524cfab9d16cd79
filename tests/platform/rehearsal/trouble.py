"""What stops a rehearsal."""


class Trouble(Exception):
    """For a person: what could not be done, to what, what to do next."""
