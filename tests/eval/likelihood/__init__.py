"""Tests of eval/likelihood."""
