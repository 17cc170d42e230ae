"""What the copilot would have offered: right mostly, kept and settled like what a real session offers."""

import random
from uuid import uuid4

from assist.suggestions import bindings, planted_errors, record
from assist.suggestions.offers import Binding, Offer
from config.demo.calls import Call
from config.demo.minutes import Entry
from projects.models import Assignment
from taskers.models import Person

CLASSES, SPANS = "all-minilm-l6@2", "en-core-web-sm@3.8.0"
MODEL_LABELS = {"person": "PERSON", "organization": "ORG", "place": "GPE", "date": "DATE"}


def of_call(mine: Assignment, person: Person, call: Call, dice: random.Random) -> list[Offer]:
    """The class that the model guesses for a note."""
    right = dice.random() < (0.6 if call.hard else 0.88)
    label, score = call.right if right else call.rival, round(dice.uniform(0.55, 0.97) if right else 0.5, 2)
    output = {"field": "label", "kind": "choice", "label": label, "value": label}
    offers = [Offer({"text": True}, output, score, dice.randint(18, 70), uuid4())]
    binding = _binding(mine, person, "classify")
    if binding.planted:
        fields = {one.field: one for one in binding.choices}
        offers = planted_errors.spoil_classes(offers, fields, str(mine.public_id))
    record.keep(binding, CLASSES, offers)
    return offers


def of_entry(mine: Assignment, person: Person, entry: Entry, dice: random.Random) -> list[Offer]:
    """The spans that the model finds in an entry: some missed, some cut short, some under another label."""
    offers, latency = [], dice.randint(30, 140)
    for start, end, label in entry.right:
        fallen = dice.random()
        if fallen < 0.12:
            continue
        if fallen < 0.2:
            start += entry.text[start:end].find(" ") + 1
        if fallen > 0.9 and label in ("organization", "place"):
            label = "place" if label == "organization" else "organization"
        output = {"start": start, "end": end, "label": label, "model_label": MODEL_LABELS[label]}
        offers.append(Offer({"text": True}, output, None, latency, uuid4()))
    record.keep(_binding(mine, person, "spans"), SPANS, offers)
    return offers


def _binding(mine: Assignment, person: Person, capability: str) -> Binding:
    """As a session has it. A judgement's is short: whether an error is planted is asked of the others alone."""
    if mine.kind == Assignment.Kind.JUDGE or mine.token is None:
        return Binding(mine.pk, mine.task_id, mine.task.project.public_id, capability)
    return bindings.bind(person.pk, mine.public_id, mine.token)
