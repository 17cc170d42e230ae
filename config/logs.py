"""How a line of the log is written: for people, or one JSON object a line for collectors. Neither holds a secret."""

import json
import logging
from datetime import UTC, datetime

from config.redaction import redact
from taskers.telemetry import request_ids


class PlainLines(logging.Formatter):
    """Time, level, logger, message and, in brackets, the request that it is about, for people."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        said = super().formatMessage(record)
        return f"{said} [{id}]" if (id := request_ids.current()) else said


class JsonLines(logging.Formatter):
    """Time (UTC), level, logger, message and, where there are some, the request and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if id := request_ids.current():
            line["request"] = redact(id)
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
