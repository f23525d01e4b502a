"""Tests of the annotators: facts about one document."""
