"""What is shown of a run: its log read back, the final page, the tables and rows in the terminal.

Reads a run's folder (`train/run_folder.py`) and what was prepared (`train/prepare.py`).
"""
