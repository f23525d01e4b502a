"""Tests of eval/study."""
