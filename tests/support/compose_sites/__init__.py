"""Random compose projects, healthy and with one fault, for the property tests."""
