"""Tests of the floor `train`."""
