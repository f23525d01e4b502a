"""Stage 3, relate: every fact about two documents; the stage itself is `corpus/relate/stage.py`."""
