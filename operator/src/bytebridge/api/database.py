"""`spec.database`: databases of the service, and what they can bear."""

from bytebridge.api.base import Model
from bytebridge.api.mongodb import MongoDB
from bytebridge.api.postgres import Postgres


class Database(Model):
    """Databases of the service."""

    postgres: Postgres | None = None
    mongodb: MongoDB | None = None

    @property
    def used(self) -> bool:
        """There is one."""
        return self.postgres is not None or self.mongodb is not None
