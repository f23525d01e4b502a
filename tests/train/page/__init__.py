"""Tests of `train/page/`."""
