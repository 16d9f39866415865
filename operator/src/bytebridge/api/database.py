"""`spec.database`: databases of the service, and what they can bear."""

from bytebridge.api.base import Model
from bytebridge.api.postgres import Postgres


class Database(Model):
    """Databases of the service."""

    postgres: Postgres | None = None
