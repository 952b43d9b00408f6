"""The questions of notebook 01: three on the notebook before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "A quality filter drops every page that it is unsure of. What suffers?",
        [
            Option(
                "Its precision: it drops good pages, too",
                "Yes. Of what it drops, a smaller part deserved it.",
                right=True,
            ),
            Option(
                "Its recall: it misses bad pages",
                "Recall asks how many of the bad pages it catches, and a strict filter catches more.",
            ),
            Option(
                "Nothing: strict is better", "Every good page that is dropped is text that the model can't learn from."
            ),
        ],
    ),
    Question(
        "Why are near copies of a page removed before training?",
        [
            Option(
                "Two copies of a page contradict each other",
                "They say the same. The trouble is that they say it too often.",
            ),
            Option(
                "They cost training time, teach nothing new, and are learned by heart",
                "Yes. The same budget is better spent on a page that the model hasn't read.",
                right=True,
            ),
            Option("Search engines would object", "Nobody outside the lab sees the training text."),
        ],
    ),
    Question(
        "The pipeline removes e-mail addresses. Why, if the pages were public?",
        [
            Option("Addresses hold signs that a model can't read", "A model can read any sign, as you will see today."),
            Option("They take up most of a page", "They are short. Menus and scripts take up most of a page."),
            Option(
                "A model can repeat what it read, to anybody who asks",
                "Yes. What was read once can hardly be taken out of a trained model.",
                right=True,
            ),
        ],
    ),
]

END = [
    Question(
        "A chatbot counts the letters of a word wrongly. What is the best reason?",
        [
            Option(
                "It got the word as one or two numbers, and the letters aren't in them",
                "Yes. It can only remember how the word is spelled, if it ever read that.",
                right=True,
            ),
            Option("It can't count", "It may count well where it sees what to count, as in a list of words."),
            Option(
                "The word was missing from its training text",
                "It may have read the word a million times, and never letter by letter.",
            ),
        ],
    ),
    Question(
        "You double a vocabulary from 100,000 to 200,000 tokens. What do you pay?",
        [
            Option("Texts get twice as long", "They get shorter, though by less than half."),
            Option(
                "Larger tables, and each token is read less often",
                "Yes. The first and the last layer have a row for every token, and every row needs practice.",
                right=True,
            ),
            Option(
                "Rare languages can't be written any more", "Bytes stay in the vocabulary, so any text can be written."
            ),
        ],
    ),
    Question(
        "A user types <|end|> into a chat. What should the program do?",
        [
            Option("Delete the message", "A user may well want to talk about such marks."),
            Option(
                "Encode it as the special token, since that is what was typed",
                "Then anybody could end their turn and write the system's or the assistant's part.",
            ),
            Option(
                "Encode it as plain text, in several ordinary tokens",
                "Yes. Only the program itself puts special tokens between the turns.",
                right=True,
            ),
        ],
    ),
]
