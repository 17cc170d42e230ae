"""What libraries of models throw, said in words. None of it is ours."""

from assist.errors import CopilotError


def first_line(problem: BaseException) -> str:
    """What a library says went wrong, in short."""
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:160]


def failed(what: str, problem: BaseException) -> CopilotError:
    """No answer, whatever was thrown."""
    return CopilotError("no-answer", f"The model failed on this {what} ({first_line(problem)}). Go on without it.")
