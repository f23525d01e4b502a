"""Decontamination: items found in documents in every disguise, what must not be found, and whole builds with exams."""
