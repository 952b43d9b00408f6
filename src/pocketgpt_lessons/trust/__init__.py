"""What notebook 09 shows: its experiments, study, exercises and quiz, and its widgets and views."""
