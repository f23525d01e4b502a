"""Tests of `train/convert/`."""
