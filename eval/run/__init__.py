"""`evaluate run`: a model on a suite of exams and texts."""
