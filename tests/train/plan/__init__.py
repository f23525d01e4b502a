"""Tests of `train/plan/`."""
