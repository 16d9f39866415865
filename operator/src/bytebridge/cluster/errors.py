"""What the API server refused."""


class ApiError(Exception):
    """A request failed; the message names the object and what the server said.

    Attributes:
        status: HTTP status; 0 when no answer came.
    """

    def __init__(self, status: int, subject: str, message: str) -> None:
        super().__init__(f"{subject}: {message}")
        self.status = status

    @property
    def not_found(self) -> bool:
        """The object, or its kind, does not exist."""
        return self.status == 404

    @property
    def forbidden(self) -> bool:
        """The operator has no right to it."""
        return self.status == 403

    @property
    def conflict(self) -> bool:
        """It exists already, or somebody else changed it first."""
        return self.status == 409

    @property
    def unreachable(self) -> bool:
        """The server did not answer, or is not able to now: worth another try later."""
        return self.status == 0 or self.status == 429 or self.status >= 500
