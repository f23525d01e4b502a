"""The floor that tells what each slice of data did to benchmark scores, and whether that is to be believed.

Reads models with their cards from the floors below and exams from files; its command is `evaluate`, since the shell's
builtin wins over a script named `eval`. Questions are put (`eval/tasks`), scored by likelihood (`eval/likelihood`),
summed up with intervals (`eval/run`, `eval/statistics`), compared in pairs (`eval/compare`), and whole studies carried
out (`eval/study`).
"""
