"""The questions of notebook 07: three on the notebooks before it, five on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "In notebook 06, what told the model whether an answer was good?",
        [
            Option(
                "A program that checked the sum",
                "Yes. A sum has one right answer, and no wording can talk its way past the check.",
                right=True,
            ),
            Option("A person who read each answer", "Nobody could have read thousands of answers a minute."),
            Option("How sure the model was of it", "A model can be sure and wrong."),
        ],
    ),
    Question(
        "Four answers to one question get the rewards 1, 0, 0 and 1. What is the advantage of the first?",
        [
            Option("1, which is its reward", "Its reward is 1. The advantage compares it with the others."),
            Option("0.5, more than the average", "Yes: 1 minus the group's mean, which is 0.5.", right=True),
            Option("0, since another one has 1", "The comparison is with the mean of all four, not with the best."),
        ],
    ),
    Question(
        "An assistant that was fine-tuned on conversations writes …",
        [
            Option("whatever is true about the world", "Its examples may be true or not: it imitates them either way."),
            Option(
                "like the authors of its examples", "Yes: their style, and their idea of a good answer.", right=True
            ),
            Option("what its users would like best", "Nobody has asked them yet. This notebook does."),
        ],
    ),
]

END = [
    Question(
        "Why are people asked to compare answers, rather than to write the best one?",
        [
            Option("A comparison is never wrong", "It often is: people differ, and don't look closely."),
            Option("Comparing is quicker and easier", "Yes: you needn't be a poet to prefer a poem.", right=True),
            Option("A model can't learn from a text", "It can: that was fine-tuning, in notebook 04."),
        ],
    ),
    Question(
        "A reward model gives one answer 2.0 points and another one 2.0. By Bradley and Terry, how often does the "
        "first win?",
        [
            Option("In about 88% of cases", "That would be its chance against an answer with 0 points."),
            Option("That depends on the 2.0", "Both could have 7 points: the difference stays 0."),
            Option("In half of all cases", "Yes: only the difference counts, and it is 0.", right=True),
        ],
    ),
    Question(
        "While a model is trained to please a reward model, the score rises from 1 to 3. What do you know?",
        [
            Option("The answers are better than before", "Perhaps. The score alone can't tell."),
            Option("The reward model has learned more", "It stays as it is; the other model learned to please it."),
            Option(
                "Only that: now read some answers", "Yes. Far from what was compared, a score is a guess.", right=True
            ),
        ],
    ),
    Question(
        "The KL weight is 0.1, and a story has drifted by 8 nats. What does the leash cost it?",
        [
            Option("0.8 points of score", "Yes: 0.1 × 8.", right=True),
            Option("8 points of score", "That would be a weight of 1."),
            Option("Nothing, up to 10 nats", "The leash isn't a limit: each nat costs something."),
        ],
    ),
    Question(
        "Suppose that best-of-16 and DPO reach the same true score. What speaks for DPO?",
        [
            Option("It needs no comparisons", "It does: they are what it trains on."),
            Option("It writes only one answer", "Yes. Best-of-16 writes 16 to show one, every time.", right=True),
            Option("It stays nearer to the start", "Not in our table: look at the KL."),
        ],
    ),
]
