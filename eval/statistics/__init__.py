"""How far a score or a difference is to be believed."""
