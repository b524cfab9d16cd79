"""AWX's configuration without an AWX: the objects, what awx.awx takes, and stand-ins of the collection and the API."""
