"""What a run would need before it is started: parameters, memory a device, operations and time on named devices.

Comes from a model's config by arithmetic; goes to `train dry-run`, and utilisation to `train/progress.py`.
"""
