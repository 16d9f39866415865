"""`python -m e2e.workload.service`."""

import asyncio
import os

from e2e.workload.service.process import serve
from e2e.workload.service.settings import read_settings

asyncio.run(serve(read_settings(os.environ)))
