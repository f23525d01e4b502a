"""`evaluate compare`: runs of the same suite, item by item."""
