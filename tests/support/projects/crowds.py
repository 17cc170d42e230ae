"""Crowds whose skill is known, and what they say of tasks whose truth is known."""

import numpy as np

from tests.support.projects.answers import region, regions, spans


def crowd(seed: int, tasks=120, skill=(0.9, 0.85, 0.8, 0.7, 0.6), classes=3, shares=None):
    """Triples of a crowd in which tasker w is right with probability skill[w], and the truth."""
    random = np.random.default_rng(seed)
    truth = random.choice(classes, tasks, p=shares)
    task = np.repeat(np.arange(tasks), len(skill))
    worker = np.tile(np.arange(len(skill)), tasks)
    right = random.random(task.size) < np.array(skill)[worker]
    wrong = (truth[task] + random.integers(1, classes, task.size)) % classes
    return task, worker, np.where(right, truth[task], wrong), truth


NAMES = ["Ada Long", "Bo Reed", "Cy Hill", "Di Marsh", "Ed Stone", "Flo Banks"]
FILLER = ["met", "wrote to", "paid", "called", "saw", "thanked"]


def report(number: int) -> tuple[str, list[tuple[int, int, str]]]:
    """A short text naming three people, and where."""
    random = np.random.default_rng(number)
    text, truth = "", []
    for n in range(3):
        name = NAMES[random.integers(len(NAMES))]
        truth.append((len(text), len(text) + len(name), "person"))
        text += f"{name} {FILLER[random.integers(len(FILLER))]} " if n < 2 else f"{name} in the long street again."
    return text, truth


def office(count: int = 30, seed: int = 0):
    """Three careful taskers, one who misses half, one who marks whole sentences."""
    random = np.random.default_rng(seed)
    texts, answers, truths = [], [], []
    for number in range(count):
        text, truth = report(number + 1000 * seed)
        careful = {name: [t for t in truth if random.random() < 0.9] for name in ("ann", "ben", "cho")}
        careful["halfway"] = [t for t in truth if random.random() < 0.5]
        careful["greedy"] = [(0, len(text), "person")]
        texts.append(text)
        truths.append(truth)
        answers.append({who: spans(*found) for who, found in careful.items()})
    return texts, answers, truths


def images(seed: int = 0, count: int = 30):
    """Three who see everything, one who misses half, one who also draws what is not there."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        x, y = (int(n) for n in random.integers(2, 14, 2))
        cat, dog = region(x, y, 14), region(40, y, 12, "dog")
        answers = {name: regions(cat, dog) for name in ("ann", "ben", "cho")}
        answers["halfway"] = regions(cat) if random.random() < 0.5 else regions()
        answers["ghostly"] = regions(cat, {**dog, "label": "cat"}, region(int(random.integers(2, 40)), 46, 8))
        out.append(answers)
    return out
