"""What is asked of a model: exam items as prompts and continuations."""
