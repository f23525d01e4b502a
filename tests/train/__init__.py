"""Tests of train/: tiny models, real files."""
