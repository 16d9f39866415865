"""What can go wrong in a lab, in sentences."""


class LabError(Exception):
    """The lab cannot be brought up or has lost a part; the message says what to do."""


class ComponentDiedError(LabError):
    """A component ended although nobody stopped it; the message carries the end of its log."""
