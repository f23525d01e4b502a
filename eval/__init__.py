"""Not built yet: the floor that will tell what each slice of data did to benchmark scores.

It will read models with their cards. Its command is `evaluate`: the shell's builtin wins over a script named `eval`.
"""
