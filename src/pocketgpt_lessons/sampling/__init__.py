"""What notebook 03 shows: its experiments, study, exercises and quiz, and its widgets and charts."""
