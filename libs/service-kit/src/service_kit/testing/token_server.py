"""A provider's token server for tests (RFC 6749, 7636): on this machine, over real HTTP."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from service_kit.oauth import MailServer, Provider

CODE, FIRST_GRANT = "a code", "grant 0"


class TokenServer:
    """Gives tokens for the grants in `grants`; each answer renews the grant where `renews`.

    `asked` are the forms that were posted. While `away`, it answers 503.
    """

    def __init__(self) -> None:
        self.grants, self.asked = {FIRST_GRANT}, list[dict[str, str]]()
        self.renews, self.away, self.life = False, False, 3600
        self.challenge = ""
        self.tokens = 0
        self._http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._http is not None
        return f"http://127.0.0.1:{self._http.server_address[1]}/token"

    @property
    def newest(self) -> str:
        """The access token given last."""
        return f"token-{self.tokens}"

    def provider(self, imap_port: int = 0, smtp_port: int = 0) -> Provider:
        """Registered with this server; its mail is on this machine."""
        return Provider(
            name="google",
            authorize_url="https://accounts.example/authorize",
            token_url=self.url,
            scope="mail",
            imap=MailServer("127.0.0.1", imap_port or 993, "none"),
            smtp=MailServer("127.0.0.1", smtp_port or 587, "none"),
            client_id="postroom",
            client_secret="registered",  # noqa: S106 (of a test)
            extra={"access_type": "offline"},
        )

    @contextmanager
    def serving(self) -> Iterator[TokenServer]:
        """Until the context ends."""
        tokens = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = tokens.answer({name: values[0] for name, values in form.items()})
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and body for a posted form."""
        self.asked.append(form)
        if self.away:
            return 503, {"error": "temporarily_unavailable"}
        if form.get("grant_type") == "authorization_code":
            hashed = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
            if form.get("code") != CODE or hashed != self.challenge:
                return 400, {"error": "invalid_grant"}
            return 200, self._given(FIRST_GRANT)
        grant = form.get("refresh_token", "")
        if grant not in self.grants:
            return 400, {"error": "invalid_grant"}
        if not self.renews:
            return 200, self._given(None)
        self.grants = {f"grant {self.tokens + 1}"}
        return 200, self._given(f"grant {self.tokens + 1}")

    def _given(self, grant: str | None) -> dict[str, object]:
        self.tokens += 1
        told = {"access_token": self.newest, "token_type": "Bearer", "expires_in": self.life}
        return told if grant is None else {**told, "refresh_token": grant}
