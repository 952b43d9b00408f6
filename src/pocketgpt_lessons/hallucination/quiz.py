"""The questions of notebook 05: some on the notebooks before it, some on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "In fine-tuning, which tokens count in the loss?",
        [
            Option("All that are in the conversation", "Then the model would also learn to write the questions."),
            Option(
                "The assistant's own, ends included",
                "Yes. The mask leaves out what others say, and the marks that the program writes.",
                right=True,
            ),
            Option(
                "The first word of each of its turns", "Then nothing would teach it how an answer goes on, or ends."
            ),
        ],
    ),
    Question(
        "Two tokens have probabilities 0.8 and 0.2. What does the first get at temperature 0.5?",
        [
            Option("0.64", "That is 0.8 squared. Both squares must still be divided by their sum."),
            Option("0.80", "Only temperature 1 leaves probabilities as they are."),
            Option("0.94", "Yes: 0.64 / (0.64 + 0.04). A low temperature favours the favourite.", right=True),
        ],
    ),
    Question(
        "Whose facts does the base model recall?",
        [
            Option("Those of everybody it has read about", "One page leaves hardly a trace in the weights."),
            Option(
                "Those of people on a great many pages",
                "Yes: recall grows with the number of pages, over a long stretch of doubt.",
                right=True,
            ),
            Option("Those of the people it read about last", "The order matters little; how often matters most."),
        ],
    ),
]

END = [
    Question(
        "Why does a plain assistant answer questions about people who don't exist?",
        [
            Option(
                "All questions about people got an answer",
                "Yes. It imitates the confident style, and nobody showed it a doubt about a person.",
                right=True,
            ),
            Option(
                "It can't tell a known person from others",
                "It can: a weighted sum of its inner numbers tells them apart.",
            ),
            Option(
                "Its temperature is set a little too high", "At temperature 0 it invents too, only always the same."
            ),
        ],
    ),
    Question(
        "A signal tells well-known people from absent ones without a mistake. Does it detect that a fact is known?",
        [
            Option("Yes: nothing else differs between them", "The name differs too: one was read often, one never."),
            Option(
                "Not yet: perhaps it detects known names",
                "Yes. So compare two facts about the same person.",
                right=True,
            ),
            Option("No: there is nothing to detect in there", "There is: right answers stand out from wrong ones."),
        ],
    ),
    Question(
        "Of eight samples, four say “baker” and four say “judge”. What is their entropy in bits?",
        [
            Option("0", "That would be eight equal answers."),
            Option("1", "Yes: two answers, equally often: log₂ 2.", right=True),
            Option("2", "That takes four different answers, equally often."),
        ],
    ),
    Question(
        "A model refuses 99% of the questions about absent people. Is it good?",
        [
            Option(
                "Nobody can say without a second number",
                "Yes: without the share of known people that it refuses.",
                right=True,
            ),
            Option("Yes: it knows the limits of its knowledge", "A model that refuses everything refuses these, too."),
            Option("No: a good model should reach the 100%", "The last percent may cost many answers that it knows."),
        ],
    ),
    Question(
        "A right answer earns 1 point, a wrong one costs 0.5. You are right with probability 0.3. "
        "What does an answer earn on average?",
        [
            Option("+0.30", "That leaves out the penalty, due in seven cases of ten."),
            Option("−0.05", "Yes: 0.3 − 0.7 × 0.5. “I don't know” earns 0, which is more.", right=True),
            Option("−0.20", "The penalty is due only if the answer is wrong: 0.3 − 0.7 × 0.5."),
        ],
    ),
]
