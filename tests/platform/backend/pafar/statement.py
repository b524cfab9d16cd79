"""What a customer reads on the card's statement."""


def descriptor(reference):
    return f"PAFAR {reference[:12]}"
