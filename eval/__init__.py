"""The top floor: what each slice of data did to benchmark scores, with intervals. Not built yet.

It will read models with their cards; its command is `evaluate`, because the shell's builtin `eval` wins over any script.
"""
