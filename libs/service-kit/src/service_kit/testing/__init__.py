"""For tests of all services: small events, topics, a view, waiting for conditions, and a proxy that cuts."""

from service_kit.testing.log import create_topics, delete_topics, headed, letters, put
from service_kit.testing.proxy import TcpProxy
from service_kit.testing.samples import EPOCH, an_event, stored
from service_kit.testing.view import View
from service_kit.testing.waiting import until

__all__ = [
    "EPOCH",
    "TcpProxy",
    "View",
    "an_event",
    "create_topics",
    "delete_topics",
    "headed",
    "letters",
    "put",
    "stored",
    "until",
]
