"""What a booking costs."""


def amount_of(price_cents, seats):
    """The amount in cents for this many seats."""
    return price_cents * seats
