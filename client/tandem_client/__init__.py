"""Tandem from Python: load tasks, follow verdicts, take the labels away.

from tandem_client import Tandem

with Tandem("https://tandem.example.com", "tdm_…") as tandem:
    for line in tandem.follow_verdicts(tandem.projects.find("Ports").id):
        print(line.external_id, line.state, line.answer)
"""

from tandem_client.answers import Answers, KeptAnswers
from tandem_client.client import Tandem
from tandem_client.errors import (
    ApiError,
    BadInput,
    BadSignature,
    Conflict,
    ImportFailed,
    Invalid,
    NoLogin,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ServerFault,
    TandemError,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from tandem_client.models import (
    Attribute,
    Batch,
    Fault,
    FeedLine,
    Field,
    Import,
    Judgement,
    Label,
    Loaded,
    NewTask,
    NewWebhook,
    Person,
    Progress,
    Project,
    ProjectLine,
    Settings,
    Task,
    Thresholds,
    Token,
    Verdict,
    Webhook,
    WebhookDelivery,
    When,
)
from tandem_client.signatures import sign, verify
from tandem_client.version import VERSION as __version__

__all__ = [
    "Answers",
    "ApiError",
    "Attribute",
    "BadInput",
    "BadSignature",
    "Batch",
    "Conflict",
    "WebhookDelivery",
    "Fault",
    "FeedLine",
    "Field",
    "Import",
    "ImportFailed",
    "Invalid",
    "Judgement",
    "KeptAnswers",
    "Label",
    "Loaded",
    "NewTask",
    "NewWebhook",
    "NoLogin",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Person",
    "Progress",
    "Project",
    "ProjectLine",
    "ServerFault",
    "Settings",
    "Tandem",
    "TandemError",
    "Task",
    "Thresholds",
    "Token",
    "TooManyRequests",
    "UnexpectedAnswer",
    "Unreachable",
    "Verdict",
    "Webhook",
    "When",
    "__version__",
    "sign",
    "verify",
]
