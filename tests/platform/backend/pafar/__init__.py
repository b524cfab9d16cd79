"""The booking platform that the runbooks are rehearsed on: small, but each part the real thing."""
