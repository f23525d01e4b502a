"""Side-by-side measurements of speed and quality; run as `python -m benchmarks.<name>`."""
