"""An ONNX file, opened, and what it throws said in words."""

from pathlib import Path

import onnxruntime

from assist.adapters import RuntimeMissing
from assist.errors import CopilotError


def opened(file: Path, key: str, threads: int = 0) -> onnxruntime.InferenceSession:
    """`threads`: of one question; 0: as many as the machine has cores. Raises RuntimeMissing."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # whatever a file that is none may do to its reader
        raise RuntimeMissing(f"The file of {key} is no ONNX model that runs here ({_first(problem)}).") from None


def failed(what: str, problem: BaseException) -> CopilotError:
    """No answer: whatever a model's library throws, none of it is ours."""
    return CopilotError("no-answer", f"The model failed on this {what} ({_first(problem)}). Go on without it.")


def _first(problem: BaseException) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:160]
