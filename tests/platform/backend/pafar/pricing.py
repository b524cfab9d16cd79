"""What a booking costs: groups pay a little less (since 1.1.0)."""

GROUP = 4
GROUP_PERCENT = 90


def amount_of(price_cents, seats):
    """The amount in cents for this many seats."""
    amount = price_cents * seats
    return amount * GROUP_PERCENT // 100 if seats >= GROUP else amount
