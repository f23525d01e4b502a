"""Tests of eval/run."""
