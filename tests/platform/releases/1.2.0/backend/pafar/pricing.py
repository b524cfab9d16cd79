"""What a booking costs: dear trips are paid in instalments (since 1.2.0).

The fault of this release: a trip whose price is under the lowest step has no number of instalments.
"""

INSTALMENTS = {8: 4, 6: 3, 4: 2}  # price in thousands of cents -> instalments


def amount_of(price_cents, seats):
    """The amount in cents for this many seats, a multiple of what is paid each month."""
    steps = [step for step in INSTALMENTS if price_cents >= step * 1000]
    instalments = INSTALMENTS[steps[0]]
    amount = price_cents * seats
    return amount - amount % instalments
