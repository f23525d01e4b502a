"""The test suite; mirrors the tree. This file keeps tests/corpus from shadowing the corpus package."""
