"""Selenium's commands to Firefox itself, by its own protocol (Marionette): no geckodriver needed.

geckodriver only hands WebDriver's commands on under other names, and few systems package it.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from tests.waiting import PATIENCE_SECONDS

__all__ = ["Marionette"]

NAMES = {
    "newSession": "WebDriver:NewSession",
    "setTimeouts": "WebDriver:SetTimeouts",
    "get": "WebDriver:Navigate",
    "getCurrentUrl": "WebDriver:GetCurrentURL",
    "goBack": "WebDriver:Back",
    "goForward": "WebDriver:Forward",
    "refresh": "WebDriver:Refresh",
    "setWindowRect": "WebDriver:SetWindowRect",
    "screenshot": "WebDriver:TakeScreenshot",
    "findElement": "WebDriver:FindElement",
    "findElements": "WebDriver:FindElements",
    "clickElement": "WebDriver:ElementClick",
    "clearElement": "WebDriver:ElementClear",
    "sendKeysToElement": "WebDriver:ElementSendKeys",
    "getElementText": "WebDriver:GetElementText",
    "isElementSelected": "WebDriver:IsElementSelected",
    "actions": "WebDriver:PerformActions",
    "clearActionState": "WebDriver:ReleaseActions",
    "w3cExecuteScript": "WebDriver:ExecuteScript",
    "w3cExecuteScriptAsync": "WebDriver:ExecuteAsyncScript",
    "quit": "Marionette:Quit",
}
"""What Selenium calls the commands that the tests use, and what Firefox calls them."""
FIXED = {"Marionette:Quit": {"flags": ["eForceQuit"]}, "WebDriver:TakeScreenshot": {"full": False}}


class Marionette:
    """A connection to a Firefox that was started with `--marionette`, for `webdriver.Remote`."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._stream = self._socket.makefile("rb")
        self._count = 0
        self._read()  # it greets

    def execute(self, command: str, params: dict[str, Any] | None) -> dict[str, Any]:
        """Answer as Selenium's own connection does, errors included."""
        name = NAMES[command]
        given = {key: value for key, value in (params or {}).items() if key != "sessionId"}
        if name == "WebDriver:NewSession":
            given = given["capabilities"].get("alwaysMatch", {})
        error, value = self._ask(name, {**given, **FIXED.get(name, {})})
        if error is not None:
            return {"status": 500, "value": json.dumps({"value": error})}
        return {"value": value}

    def privileged(self, script: str, *arguments: object) -> Any:
        """Run a script in the browser's own window, which may do all that Firefox can."""
        self._ask("Marionette:SetContext", {"value": "chrome"})
        try:
            asked = {"script": script, "args": list(arguments)}
            error, value = self._ask("WebDriver:ExecuteScript", asked)
        finally:
            self._ask("Marionette:SetContext", {"value": "content"})
        assert error is None, error
        return value

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _ask(self, name: str, params: dict[str, Any]) -> tuple[dict[str, Any] | None, Any]:
        self._count += 1
        message = json.dumps([0, self._count, name, params]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        alone = isinstance(result, dict) and result.keys() == {"value"}
        return error, result["value"] if alone else result

    def _read(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Firefox closed the connection"
            length += digit
        return json.loads(self._stream.read(int(length)))
