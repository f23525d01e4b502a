"""Tests of corpus/text."""
