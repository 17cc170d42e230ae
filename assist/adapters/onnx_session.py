"""An ONNX file, opened."""

from pathlib import Path

import onnxruntime

from assist.adapters import RuntimeMissing
from assist.adapters.library_faults import reason

# Its warnings quote names of the file, which whoever made it chose. What keeps a file from being used is raised.
SILENT = 4


def opened(file: Path, key: str, threads: int = 0) -> onnxruntime.InferenceSession:
    """`threads`: of one question; 0: as many as the machine has cores. Raises RuntimeMissing."""
    onnxruntime.set_default_logger_severity(SILENT)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    options.intra_op_num_threads = threads
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # whatever a file that is none may do to its reader
        raise RuntimeMissing(f"The file of {key} is no ONNX model that runs here: {reason(problem)}.") from None
