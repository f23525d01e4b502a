"""Tests of `eval/generate`."""
