"""The questions of notebook 07: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "In notebook 06, what told the model whether an answer was good?",
        [
            Option("A person who read it", "Nobody could have read thousands of answers a minute."),
            Option(
                "A program that checked the result",
                "Yes. A sum has one right answer, and no answer can talk its way past the check.",
                right=True,
            ),
            Option("The model's own confidence", "A model can be sure and wrong."),
        ],
    ),
    Question(
        "What is the advantage of an answer?",
        [
            Option("Its reward", "If all answers to a question are good, none stands out."),
            Option(
                "Its reward minus the mean reward of the answers to the same question",
                "Yes: above 0 it becomes likelier, below 0 less likely.",
                right=True,
            ),
            Option("Its length", "Length may grow with practice, but it isn't what is rewarded."),
        ],
    ),
    Question(
        "An assistant that was fine-tuned on conversations writes …",
        [
            Option("what is true", "It imitates; truth comes only as far as its examples were true."),
            Option(
                "in the way of the people who wrote the examples",
                "Yes: it is their style, and their choice of what a good answer is.",
                right=True,
            ),
            Option("what its users like best", "Nobody has asked them yet. That is this notebook's matter."),
        ],
    ),
]

END = [
    Question(
        "Why are people asked to compare two answers, rather than to write the best one?",
        [
            Option(
                "Comparing is easier and quicker than writing, and agrees better",
                "Yes: one needn't be a poet to say which of two poems one likes.",
                right=True,
            ),
            Option("Because comparisons have no noise", "They have much: people differ, and don't look closely."),
            Option("A model can't learn from written answers", "It can: that was fine-tuning, notebook 04."),
        ],
    ),
    Question(
        "The reward model's score rises and rises while the model is trained to please it. What do you know?",
        [
            Option("The answers get better and better", "Perhaps at first. The score can't tell when it ends."),
            Option(
                "Only that the score rises: the answers must be looked at",
                "Yes. Away from the answers that people compared, a score is a guess.",
                right=True,
            ),
            Option("The reward model is learning", "It stands still; it is the model that learns to please it."),
        ],
    ),
    Question(
        "What does a KL leash do?",
        [
            Option("It mends the reward model", "The reward model is the same, with all its holes."),
            Option("It stops training after some steps", "It acts in each step, not on their number."),
            Option(
                "It makes every nat of distance from the starting model cost reward",
                "Yes: so the model stays near the answers on which people were asked.",
                right=True,
            ),
        ],
    ),
]
