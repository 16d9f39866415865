# The inference service and the load generator of the end-to-end tests, one target each.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_ONLY_BINARY=:all:
WORKDIR /opt/workload
RUN python3 -m venv /opt/builder && python3 -m venv --without-pip /opt/venv
COPY operator/locks/workload.txt /tmp/
RUN /opt/builder/bin/pip --python /opt/venv/bin/python install --quiet --require-hashes \
    --requirement /tmp/workload.txt \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY e2e e2e
# The training refuses a model that does badly on the clauses that were held out.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash e2e \
    && /opt/venv/bin/python -m e2e.workload.model.training /opt/workload/model.npz

FROM ${PYTHON_IMAGE} AS workload
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/workload /opt/workload
# One thread is what a slot is; the service has as many as it has slots.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 MODEL=/opt/workload/model.npz
WORKDIR /opt/workload
USER 65532:65532

FROM workload AS load-generator
ENTRYPOINT ["python", "-m", "e2e.workload.load"]

FROM workload AS nlp-service
ENTRYPOINT ["python", "-m", "e2e.workload.service"]
