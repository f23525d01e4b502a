"""Answers that a model writes: asked as it was taught, written greedily, read by three scorers and compared with the
exam's explanations."""
