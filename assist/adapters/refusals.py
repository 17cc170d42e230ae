"""How a model that somebody brings is refused: a code, the place, and a sentence that shows none of its content."""

from assist.adapters.packages import WeightsProblem

MAX_PLACE = 200  # letters


class ManifestProblem(WeightsProblem):
    """A model can't be taken as it is; `code` for programs, `place` in model.toml or a file's name."""

    def __init__(self, code: str, place: str, text: str) -> None:
        self.code, self.text = code, text
        self.place = "".join(sign if sign.isprintable() else "�" for sign in place[:MAX_PLACE])
        super().__init__(f"{self.place}: {text}" if place else text)
