"""Tests of `train/data/`."""
