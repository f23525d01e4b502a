"""Fine-tuning on exams, instructions and chats: from records to examples, rows, a loop and a model.

Reads exam items (`corpus/exams/`) and files of messages; shares run folder, checkpoints and loop with the rest of
`train/`.
"""
