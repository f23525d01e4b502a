"""`evaluate ablate`: arms that differ in one thing, over seeds, from corpus to verdict."""
