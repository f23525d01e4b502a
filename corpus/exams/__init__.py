"""Exams: questions with options and known answers, of each publisher's own files, as one kind of item.

Comes from the files of CMExam, MedQA, MedMCQA, PubMedQA, MMLU, CMMLU, C-Eval and of one's own; goes to fine-tuning
(`train/sft/examples.py`), to decontamination (`corpus/leaks/`), to the check that none stands in both training and
evaluation (`train/sft/leaks.py`), and to whatever scores a model. `item.py` is the contract, `read.py` the list of
forms; the other modules are one reader a form.
"""
