"""Tests of corpus/sources."""
