"""The questions of notebook 08: three on the notebooks before it, six on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "A tokenizer has a vocabulary of 1,024. What does the model give at each place?",
        [
            Option("One number, which is the next token", "It gives a score to each token, not one number."),
            Option("A score for each of 1,024 tokens", "Yes: a probability for each, after softmax.", right=True),
            Option("The text that is going to follow", "Text comes from drawing one token after another."),
        ],
    ),
    Question(
        "What does the loss mask of notebook 04 do?",
        [
            Option(
                "It lets the assistant's words alone count", "Yes: the user's words are read, not learned.", right=True
            ),
            Option("It keeps the model from reading the user", "It reads all; only the loss leaves that out."),
            Option("It deletes words that are not nice", "Nothing is deleted."),
        ],
    ),
    Question(
        "Best-of-n draws n answers and keeps one. What does it need?",
        [
            Option("A model that was trained n times over", "One model is enough: its draws differ."),
            Option("A temperature of 0 for all the draws", "Then all n answers would be the same."),
            Option("Something that says which is best", "Yes: a reward model or a checker.", right=True),
        ],
    ),
]

END = [
    Question(
        "What has to change in a GPT so that it can draw?",
        [
            Option("A decoder for pictures has to be added", "It has none: tokens are looked up in the codebook."),
            Option(
                "Its tables get rows for new tokens",
                "Yes: attention and MLP keep their form, and learn on.",
                right=True,
            ),
            Option("Its attention has to look at columns", "It finds out by itself what lies above what."),
        ],
    ),
    Question(
        "A picture of 8 × 8 pixels as blocks of 2 × 2: how many tokens?",
        [
            Option("4, one for each pixel of a block", "A block is one token, however many pixels it has."),
            Option("16, four rows of four blocks", "Yes: a quarter of the 64 pixels.", right=True),
            Option("64, as many as it has pixels", "That is what pixels as tokens cost."),
        ],
    ),
    Question(
        "A codebook has no block with a red corner. What happens to a red corner?",
        [
            Option("The nearest block that it has is drawn", "Yes: that is what a codebook loses.", right=True),
            Option("The whole picture can't be read any more", "Every block has a nearest entry."),
            Option("A new entry is added on the spot", "The codebook is fixed once it is made."),
        ],
    ),
    Question(
        "No red ring was ever shown. Why can a model draw one all the same?",
        [
            Option("It has read about red rings on a page", "No page tells how a ring looks."),
            Option("It has drawn all of the possible pictures", "There are far too many."),
            Option(
                "Its tokens name colour and shape apart", "Yes: where blocks mix them, no run drew one.", right=True
            ),
        ],
    ),
    Question(
        "Old pages come in between while pictures are learned. What for?",
        [
            Option("To keep what it knows in words", "Yes: without them it would be overwritten.", right=True),
            Option("To give the captions more words", "Captions have few words, and all are known."),
            Option("To make the training run faster", "They cost time."),
        ],
    ),
    Question(
        "A note is one event, or up to four letters of ABC. What must the model of letters learn besides the music?",
        [
            Option("How loud each of the notes is", "ABC says nothing of loudness."),
            Option("How each of the notes is spelled", "Yes: in ABC a note takes several tokens.", right=True),
            Option("How each of the notes is fingered", "No token of ours tells of fingers."),
        ],
    ),
]
