"""Tests of eval/page."""
