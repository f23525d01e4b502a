"""Learned signals: classifiers trained on weak labels that the recipe names; the stage is `corpus/learn/stage.py`."""
