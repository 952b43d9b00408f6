"""The questions of notebook 06: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "What does fine-tuning on conversations teach a model?",
        [
            Option("To be right", "It copies its examples, mistakes included: nobody checks a fact."),
            Option(
                "To write what the people wrote who answered",
                "Yes: it imitates them, their style and their mistakes.",
                right=True,
            ),
            Option("To ask questions", "The mask leaves the user's words out."),
        ],
    ),
    Question(
        "Why do models invent facts about people who don't exist?",
        [
            Option("They want to please", "They want nothing; they continue text."),
            Option("They remember another name", "Sometimes; but they also invent without any such memory."),
            Option(
                "Nothing that they learned from showed a doubt",
                "Yes: a confident answer was the only kind that they saw.",
                right=True,
            ),
        ],
    ),
    Question(
        "At temperature 1, a model is asked the same question 16 times. The answers …",
        [
            Option(
                "may differ, as each token is drawn by chance",
                "Yes: each answer is a walk of its own through the tree.",
                right=True,
            ),
            Option("are all alike", "That is so at temperature 0."),
            Option("get better from one to the next", "Nothing is learned while it answers."),
        ],
    ),
]

END = [
    Question(
        "Sixteen answers to one question are all wrong. What does this step teach the model about that question?",
        [
            Option(
                "Nothing: all advantages are 0",
                "Yes: no answer did better than the others. What never succeeds can't be reinforced.",
                right=True,
            ),
            Option("To avoid all sixteen", "Each reward minus the mean is 0, and 0 times anything is 0."),
            Option("The right answer", "Nobody tells it the right answer: it only learns what its own are worth."),
        ],
    ),
    Question(
        "Why did the answers grow longer while the model practised?",
        [
            Option("Long answers were rewarded", "The reward looks at the last number and at nothing else."),
            Option(
                "Answers in steps were right more often, so their tokens became likelier",
                "Yes: length came along with what worked.",
                right=True,
            ),
            Option("The model learned new arithmetic words", "It wrote both kinds of answer before practice."),
        ],
    ),
    Question(
        "After practice, one answer is right far more often. With 256 tries at each question, what is to be expected?",
        [
            Option(
                "The gap to the model before closes, or turns round",
                "Yes: practice makes likely what was possible, and drops some of what was rare.",
                right=True,
            ),
            Option("The gap grows with each try", "Both curves end near 100%: there is little room to grow."),
            Option(
                "The model before practice never gets there",
                "It can do all that practice found: practice learned from that model's own answers.",
            ),
        ],
    ),
]
