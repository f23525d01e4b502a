"""Tests of eval/tasks."""
