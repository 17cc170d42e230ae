"""What the copilot says when it can't help: each code has one sentence for a person."""

TEXTS: dict[str, str] = {
    "copilot-off": "The copilot is switched off for this work. You can annotate without it.",
    "copilot-down": "The copilot is not running just now. Go on without it; it will be back by itself.",
    "model-missing": "The copilot's model is not installed on the server. You can annotate without it.",
    "busy": "The copilot has more questions than it can answer just now. Try again in a moment.",
    "slow-down": "Too many messages at once. Wait a moment, then go on.",
    "too-slow": "The copilot took too long over this one. Try again.",
    "superseded": "A newer question took this one's place.",
    "cancelled": "Cancelled.",
    "bad-message": "The copilot could not read this message.",
    "bad-prompt": "The copilot can't work with this prompt.",
    "too-big": "This message is too big for the copilot.",
    "outside-image": "A point or box lies outside the image.",
    "not-open": "Say open first, with the token of the assignment.",
    "signed-out": "You are signed out, so the copilot is off.",
    "not-yours": "This work is not yours.",
    "wrong-token": "This token doesn't belong to this work. Claim it again and send the token that comes with it.",
    "not-held": "This work is no longer yours: its time ran out, or it was handed in.",
    "no-image": "The image of this task can't be read.",
    "need-image": "The runtime does not have this image yet.",
    "no-answer": "The model gave no answer to this one that can be used. Go on without it.",
    "backend-down": "The host that runs this model doesn't answer. Go on without it.",
    "backend-slow": "The host that runs this model took too long. Go on without it.",
    "backend-refused": "The host that runs this model may not be asked, or refused. Go on without it.",
    "key-refused": "The operator's key for this model's host isn't for this model. Go on without it.",
    "over-budget": "This model has used up what it may cost. Go on without it.",
    "failed": "The copilot failed at this one. Try another prompt, or go on without it.",
}


class CopilotError(Exception):
    """The copilot can't answer: `code` for programs (a key of TEXTS), `text` one sentence for a person."""

    def __init__(self, code: str, text: str = "") -> None:
        self.code = code
        self.text = text or TEXTS[code]
        super().__init__(self.text)
