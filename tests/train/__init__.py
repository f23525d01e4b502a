<<<<<<< HEAD
"""Tests of the training floor."""
=======
"""Tests of training."""
>>>>>>> step4-B
