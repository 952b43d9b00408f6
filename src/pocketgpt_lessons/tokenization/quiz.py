"""The questions of notebook 01: three on the notebook before it, six on its own matter."""

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
                "Its recall: it misses more of the bad pages",
                "Recall asks how many of the bad pages it catches, and a strict filter catches more.",
            ),
            Option(
                "Nothing: the stricter it is, the better",
                "Every good page that is dropped is text that the model can't learn from.",
            ),
        ],
    ),
    Question(
        "Why are near copies of a page removed before training?",
        [
            Option(
                "Copies of a page often contradict each other",
                "They say the same. The trouble is that they say it too often.",
            ),
            Option(
                "They cost training time and teach little",
                "Yes, and they are learned by heart. The same time is better spent on a page that the model hasn't "
                "read.",
                right=True,
            ),
            Option("Search engines would complain about them", "Nobody outside the lab sees the training text."),
        ],
    ),
    Question(
        "The pipeline masks e-mail addresses. Why, if the pages were public?",
        [
            Option("Addresses hold signs that models can't read", "A model can read any sign, as you will see today."),
            Option(
                "Together they take up most of the pages", "They are short. Menus and scripts take up most of a page."
            ),
            Option(
                "A model can repeat what it read to anybody",
                "Yes. What was read once can hardly be taken out of a trained model.",
                right=True,
            ),
        ],
    ),
]

END = [
    Question(
        "The merges so far are (97, 97) and (256, 97). Which ids does `aaaaa` become?",
        [
            Option("256, 256, 97", "The second merge is missing: 256 followed by 97 becomes 257."),
            Option("256, 257", "Yes. First a a → 256 gives 256, 256, 97; then 256, 97 → 257.", right=True),
            Option(
                "257, 256", "From left to right the first merge takes both pairs a a, and one a is left at the end."
            ),
        ],
    ),
    Question(
        "Tokens are 2.5 bytes long on average, and a model looks back over 256 of them. How much text is that?",
        [
            Option("About 100 bytes", "256 divided by 2.5: but a token is longer than a byte, so it is more text."),
            Option("About 256 bytes", "Only for a model of bytes. A token holds 2.5 of them."),
            Option("About 640 bytes", "Yes, 256 times 2.5.", right=True),
        ],
    ),
    Question(
        "On the same text, model A has a loss of 0.9 a token, and its tokens have 1 byte; model B has a loss of 1.8, "
        "and its tokens have 3 bytes. Which one is better?",
        [
            Option("A, since its loss is lower", "Its tokens are shorter. For 3 bytes it needs 3 × 0.9 = 2.7."),
            Option("B, if you count per byte", "Yes: 1.8 / 3 = 0.6 a byte, against 0.9.", right=True),
            Option("Both, once you count it all", "0.9 a byte against 0.6 a byte: they aren't equal."),
        ],
    ),
    Question(
        "A chatbot counts the letters of a word wrongly. What is the best reason?",
        [
            Option(
                "Its ids for the word don't show letters",
                "Yes. It can only remember how the word is spelled, if it ever read that.",
                right=True,
            ),
            Option(
                "It never learned how to count anything",
                "It may count well where it sees what to count, as in a list of words.",
            ),
            Option(
                "It never met that word while it trained",
                "It may have read the word a million times, and never letter by letter.",
            ),
        ],
    ),
    Question(
        "You double a vocabulary from 100,000 to 200,000 tokens. What do you pay?",
        [
            Option("Texts that become twice as long", "They get shorter, though by less than half."),
            Option(
                "Larger tables with rarer tokens",
                "Yes. The first and the last layer have a row for every token, and every row needs practice.",
                right=True,
            ),
            Option("Scripts that can't be written now", "Bytes stay in the vocabulary, so any text can be written."),
        ],
    ),
    Question(
        "A user types <|end|> into a chat. What should the program do?",
        [
            Option("Delete the message, and warn the user", "A user may well want to talk about such marks."),
            Option(
                "Encode it as the special token it names",
                "Then anybody could end their turn and write the system's or the assistant's part.",
            ),
            Option(
                "Encode it as text, in ordinary tokens",
                "Yes. Only the program itself puts special tokens between the turns.",
                right=True,
            ),
        ],
    ),
]
