"""What is kept of gold in words: in English, and said in the reader's language where pages show it."""

from django.utils.translation import gettext_noop

from taskers.errors import said_again

# Why gold was retired.
LEAKED = gettext_noop("leaked")
WORN_OUT = gettext_noop("worn out")
BY_HAND = gettext_noop("by hand")
ANSWERED_ANEW = gettext_noop("answered anew")
OUT_OF_COURSE = gettext_noop("taken out of the course")
LABEL_RETIRED = gettext_noop("its label was taken away")
# Why a known answer may be wrong, or is known outside.
FASTER = gettext_noop(
    "Since %(day)s, %(since)s of %(later)s were right and much faster than usual; before, %(before)s of %(earlier)s."
)
OTHERWISE = gettext_noop("%(n)s people gave the same other answer, %(right)s the known one.")
REVIEWED_OTHERWISE = gettext_noop("A reviewer decided this task otherwise.")
ASKED_TWICE = gettext_noop("%(task)s asks the same, and its gold answer is another one.")
REPORTED = gettext_noop("Reported as broken: %(note)s")
KEPT = (
    *(LEAKED, WORN_OUT, BY_HAND, ANSWERED_ANEW, OUT_OF_COURSE, LABEL_RETIRED),
    *(FASTER, OTHERWISE, REVIEWED_OTHERWISE, ASKED_TWICE, REPORTED),
)


def gold_words(kept: str) -> str:
    """Such words, in the reader's language; what a person wrote stays as it is."""
    return said_again(kept, KEPT)
