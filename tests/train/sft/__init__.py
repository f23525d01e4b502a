"""Tests of `train/sft/`."""
