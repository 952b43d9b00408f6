"""The questions of notebook 06: three on the notebooks before it, six on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "What does fine-tuning on conversations teach a model?",
        [
            Option("To give answers that are true", "It copies its examples, mistakes included: nobody checks a fact."),
            Option("To answer as its examples do", "Yes: it imitates them, style and mistakes alike.", right=True),
            Option("To say things like its users", "The mask leaves the users' words out of the loss."),
        ],
    ),
    Question(
        "Why do models invent facts about people who don't exist?",
        [
            Option("They want to please whoever asks", "They want nothing; they continue a text."),
            Option("They mix up two people they know", "Sometimes; but they also invent where no such memory is."),
            Option(
                "They never saw a doubt about a person",
                "Yes: about people, a confident answer was the only kind they saw.",
                right=True,
            ),
        ],
    ),
    Question(
        "At temperature 1, a model is asked the same question 16 times. What happens to its answers?",
        [
            Option("They may all differ", "Yes: each token is drawn by chance.", right=True),
            Option("They are all the same", "That is so at temperature 0."),
            Option("They get better and better", "Nothing is learned while it answers."),
        ],
    ),
]

END = [
    Question(
        "Eight answers to one sum, two of them right. What is the advantage of a right one?",
        [
            Option("0.25", "That is the mean reward of the group: subtract it from the reward of 1."),
            Option("0.75", "Yes: 1 − 2/8. Each wrong one has −0.25, so all eight add up to 0.", right=True),
            Option("1.00", "That is its reward. The advantage says how much better than the group it did."),
        ],
    ),
    Question(
        "Sixteen answers to one question are all wrong. What does this step teach the model about that question?",
        [
            Option("Nothing, as all advantages are 0", "Yes: no answer did better than the others.", right=True),
            Option("To avoid each of the sixteen", "Each reward minus the mean is 0; 0 times anything is 0."),
            Option("To find out the right answer", "Nobody tells it: it only learns what its own are worth."),
        ],
    ),
    Question(
        "Before practice 60% of answers are in steps, and 50% of these are right; the others never are. "
        "Afterwards all are in steps, and 80% right. How much of the rise is only the choice of steps?",
        [
            Option(
                "From 30% to 50%", "Yes: all in steps, at the old skill, makes 50%; skill does the rest.", right=True
            ),
            Option("From 30% to 80%", "That is the whole rise. With the old skill, steps alone would give 50%."),
            Option("From 50% to 80%", "That is the rise in skill: right answers among those in steps."),
        ],
    ),
    Question(
        "All teachers forget the carry. Their copy gives 16 answers, and the commonest result counts. Does it help?",
        [
            Option("Yes, since most of its tries will be right", "Where there is a carry, most of them forget it."),
            Option(
                "Yes, since a vote cancels all mistakes", "It cancels mistakes that differ. These are all the same."
            ),
            Option(
                "No, since all the tries share one mistake",
                "Yes: a vote finds what is common, true or not.",
                right=True,
            ),
        ],
    ),
    Question(
        "A wrong answer of 100 tokens, another of 20. Each answer's loss is first divided by its own length. "
        "How much blame does one token of the long answer get, compared with one of the short answer?",
        [
            Option("A fifth as much", "Yes: 1/100 against 1/20. Long wrong answers get off lightly.", right=True),
            Option("Exactly as much", "That is so if all tokens go into one mean, as in our policy_loss."),
            Option("Five times as much", "The other way round: its blame is shared out among more tokens."),
        ],
    ),
    Question(
        "With one try, the practised model solves far more sums. What do you expect with 64 tries at each sum?",
        [
            Option("A wider gap with every try", "The practised model has little room left; the other one catches up."),
            Option("A gap that is much smaller", "Yes: practice makes likely what was already possible.", right=True),
            Option("The same gap as with one try", "The model before practice gets 64 chances, and needs only one."),
        ],
    ),
]
