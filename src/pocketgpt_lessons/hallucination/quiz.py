"""The questions of notebook 05: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "In fine-tuning, which tokens count in the loss?",
        [
            Option("All tokens of the conversation", "Then the model would also learn to write the questions."),
            Option(
                "Those that the assistant writes, the end of its turn included",
                "Yes. The mask leaves out what others say, and the marks that the program writes.",
                right=True,
            ),
            Option("Only the first word of each answer", "Then nothing would teach it how an answer goes on, or ends."),
        ],
    ),
    Question(
        "A model gives the next token these probabilities: 0.9 and 0.1. At a very low temperature they become …",
        [
            Option("more equal", "That is what a high temperature does."),
            Option("nearly 1 and 0", "Yes: a low temperature takes the likeliest token nearly always.", right=True),
            Option("exactly 0.9 and 0.1", "Only at temperature 1 do they stay as they are."),
        ],
    ),
    Question(
        "Whose facts does the base model recall?",
        [
            Option("Those of everybody it read about", "One page leaves hardly a trace in the weights."),
            Option(
                "Those of people on many pages",
                "Yes: recall grows with the number of pages, over a long stretch of doubt.",
                right=True,
            ),
            Option("Those whom it read about last", "The order matters little; how often matters most."),
        ],
    ),
]

END = [
    Question(
        "Why does a plain assistant answer questions about people who don't exist?",
        [
            Option(
                "It can't tell a name that it read from a new one",
                "It can: a weighted sum of its inner numbers parts the two.",
            ),
            Option(
                "Every conversation that it learned from had an answer",
                "Yes. It imitates the confident style, and nobody showed it a doubt.",
                right=True,
            ),
            Option("Its temperature is too high", "At temperature 0 it invents as well, only always the same."),
        ],
    ),
    Question(
        "A model refuses 99% of the questions about absent people. Is it good?",
        [
            Option("Yes, it knows its limits", "Perhaps. But a model that refuses everything refuses these, too."),
            Option(
                "One can't say without the share of known people that it refuses",
                "Yes. Right, refused and wrongly refused belong together.",
                right=True,
            ),
            Option("No, it should reach 100%", "The last percent may cost many answers that it does know."),
        ],
    ),
    Question(
        "A test gives 1 point for a right answer, 0 for a wrong one and 0 for “I don't know”. It rewards …",
        [
            Option("honesty", "Doubt earns nothing here, so the honest model can only lose."),
            Option(
                "guessing", "Yes: a guess costs nothing and is sometimes right. A penalty changes that.", right=True
            ),
            Option("neither, wrong answers earn nothing", "But a guess wins now and then, and “I don't know” never."),
        ],
    ),
]
