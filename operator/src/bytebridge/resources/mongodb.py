"""MongoDB's settings for the pods: the Secret's URI, and the size of the pool."""

from bytebridge.api.mongodb import MongoDB
from bytebridge.budget.grants import Grant
from bytebridge.resources.ownership import Manifest


def mongodb_environment(mongodb: MongoDB, grant: Grant | None) -> list[Manifest]:
    """Variables of the pods."""
    names, secret = mongodb.environment, mongodb.credentials
    reference = {"name": secret.secret_name, "key": secret.uri_key}
    variables: list[Manifest] = [
        {"name": names.uri, "valueFrom": {"secretKeyRef": reference}},
        {"name": names.read_preference, "value": mongodb.read_preference.value},
    ]
    if grant is not None:
        variables.append({"name": names.max_pool_size, "value": str(grant.pool_size)})
    return variables
