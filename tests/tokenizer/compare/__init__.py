"""Tests of tokenizers measured side by side."""
