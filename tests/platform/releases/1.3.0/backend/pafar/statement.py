"""What a customer reads on the card's statement."""

CITIES = {}  # filled by a job that was never deployed


def descriptor(reference):
    return f"PAFAR {CITIES[reference[:2]]}"
