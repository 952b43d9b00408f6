"""What makes a notebook a lesson: exercises, predictions, quizzes, and the learner's progress."""
