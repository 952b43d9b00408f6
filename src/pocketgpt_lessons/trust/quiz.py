"""The questions of notebook 09: some on the notebooks before it, some on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Which model refuses to answer about a stranger, if it has no tools?",
        [
            Option("honest, which has learned what it can't know", "Yes: refusals were written for that.", right=True),
            Option("assistant, since its conversations were checked", "They held confident answers only."),
            Option("base, because no page mentions a stranger", "It goes on with any text, about anybody."),
        ],
    ),
    Question(
        "Practice by trial and error needs one thing above all. Which?",
        [
            Option("Worked examples by somebody who can do it well", "It starts from some, and goes on without."),
            Option("Answers that a program can mark as right", "Yes: the reward comes from the check.", right=True),
            Option("A crowd that compares its answers in pairs", "That is notebook 07, for what can't be checked."),
        ],
    ),
    Question(
        "A reward model gives a story more and more points. What does that prove?",
        [
            Option("That the crowd would like the story more, too", "Only near the stories that it learned from."),
            Option("That the model writes longer stories now", "Length may come with it, or not."),
            Option("That the story pleases the reward model more", "Yes, and nothing beyond that.", right=True),
        ],
    ),
]

END = [
    Question(
        "Ten answers at 70%: seven are right. Another ten at 90%: seven are right. What is the calibration error?",
        [
            Option("0.10: nothing in one bin, 0.2 in the other", "Yes: half of the answers are 0.2 off.", right=True),
            Option("0.20: the largest of all the distances counts", "It is a mean over the answers, not the largest."),
            Option("0.30: three answers in ten are wrong, all told", "Being wrong isn't the error: being too sure is."),
        ],
    ),
    Question(
        "A check flags 50 answers, of which 40 are wrong; 60 more wrong answers pass it. What is its recall?",
        [
            Option("40 of 50", "That is its precision: how many of the flagged are wrong."),
            Option("40 of 100", "Yes: of a hundred wrong answers it finds forty.", right=True),
            Option("100 of 110", "That is the share of wrong ones among all these."),
        ],
    ),
    Question(
        "Two checks miss 30% of the wrong answers each. Together they miss 25%. What does that tell?",
        [
            Option("That one of them must work wrongly", "Each may do just what it should."),
            Option("That their holes are at different places", "Then about 9% would get through both."),
            Option("That they mostly miss the same answers", "Yes: independent holes would leave 9%.", right=True),
        ],
    ),
    Question(
        "A model has 98% on a public exam. Which test tells best whether the exam leaked?",
        [
            Option("New questions of the very same kind", "Yes: what it knows shows there, and only that.", right=True),
            Option("The same questions, asked again", "It would answer them again."),
            Option("The same questions with a longer prompt", "What it learned by heart may survive that."),
        ],
    ),
    Question(
        "Ten equal models enter an arena, and only the best rating is published. What will it show?",
        [
            Option("The true strength that all ten share", "The luckiest of ten is above that."),
            Option("More than they are worth, by mere luck", "Yes: the highest of ten noisy numbers.", right=True),
            Option("Less, since ten entries share out the votes", "Each gets votes of its own."),
        ],
    ),
    Question(
        "Why can't a web page end the block of a tool's result and speak as the user?",
        [
            Option("A filter takes dangerous words out beforehand", "A filter has holes; this has none."),
            Option("The model has learned to ignore such a page", "It hasn't: some commands were obeyed."),
            Option("No text at all becomes a special token", "Yes: only the program writes those.", right=True),
        ],
    ),
]
