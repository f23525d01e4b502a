"""Tests of corpus/learn."""
