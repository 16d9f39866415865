# The operator's image. Base images are arguments, as not every builder reaches the same registry.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY operator/locks/runtime.txt operator/locks/runtime.txt
RUN python -m venv /opt/bytebridge \
    && /opt/bytebridge/bin/pip install --no-cache-dir --require-hashes -r operator/locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && /opt/bytebridge/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
    && /opt/bytebridge/bin/pip uninstall --yes pip \
    && /opt/bytebridge/bin/python -m compileall -q /opt/bytebridge

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="bytebridge" \
      org.opencontainers.image.description="Kubernetes operator that autoscales NLP inference services" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/bytebridge /opt/bytebridge
ENV PATH=/opt/bytebridge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
ENTRYPOINT ["bytebridge"]
CMD ["run", "--all-namespaces"]
