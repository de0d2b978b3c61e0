"""Receive webhooks with the standard library: `python receive_webhooks.py 9000`.

The environment holds the team's OMNIREEL_WEBHOOK_SECRET, as `omnireel webhooks secret` prints it.

In earnest it stands behind a proxy with TLS, and remembers ids: the same event may come again.
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from omnireel import WebhookRefused, webhooks

LONGEST = 1024 * 1024


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", "0")), LONGEST)
        body = self.rfile.read(length)
        try:
            event = webhooks.unwrap(body, dict(self.headers), os.environ["OMNIREEL_WEBHOOK_SECRET"])
        except WebhookRefused as error:
            self.send_error(400, str(error))
            return
        print(event.delivery_id, event.type, event.task.task_id, flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
