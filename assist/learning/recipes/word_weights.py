"""The plain baseline of recipes of texts: how often words and pairs of words come, weighed by how rare they are."""

from sklearn.feature_extraction.text import TfidfVectorizer

from assist.learning.recipes.heads import Rows, Told

MOST = 50_000  # words and pairs


def rows(learnt: Told, held_out: Told, strength: float) -> Rows:
    """A row for each text."""
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=1, max_features=MOST)
    return Rows(words.fit_transform(learnt.seen), words.transform(held_out.seen), strength)
