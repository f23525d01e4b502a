"""CMExam as its authors scored it, twice, and as it should be: answers read from text, and explanations compared."""
