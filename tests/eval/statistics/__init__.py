"""Tests of eval/statistics."""
