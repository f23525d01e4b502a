"""Tests of eval/compare."""
