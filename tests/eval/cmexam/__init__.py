"""Tests of `eval/cmexam`."""
