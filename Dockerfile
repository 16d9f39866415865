# The operator's image. The base is an argument, as not every builder reaches the same registry; it
# must have Python 3.11 or newer with venv as `python3`.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
# pip reads these from its environment; unset, it asks the public index.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_ONLY_BINARY=:all:
WORKDIR /src
# The image gets a virtual environment without pip; it is filled by the pip of this one.
RUN python3 -m venv /opt/builder && python3 -m venv --without-pip /opt/bytebridge
COPY operator/locks/runtime.txt operator/locks/build.txt operator/locks/
RUN /opt/builder/bin/pip install --quiet --require-hashes --requirement operator/locks/build.txt \
    && /opt/builder/bin/pip --python /opt/bytebridge/bin/python install --quiet \
       --require-hashes --requirement operator/locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator/src operator/src
# Compiled without regard to times of files, so that starting looks at no source, and the same
# sources make the same files.
RUN /opt/builder/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/builder/bin/pip --python /opt/bytebridge/bin/python install --quiet --no-deps \
       --no-index /wheels/*.whl \
    && /opt/bytebridge/bin/python -m compileall -q --invalidation-mode unchecked-hash \
       /opt/bytebridge/lib

FROM ${PYTHON_IMAGE}
# The base brings an installer of its own, which nothing here needs.
RUN set -eu; \
    for module in pip setuptools wheel ensurepip; do \
      found=$(python3 -c "from importlib.util import find_spec as f; s = f('$module'); print(s.submodule_search_locations[0] if s else '')"); \
      if [ -n "$found" ]; then rm -rf "$found" "$found"-*.dist-info; fi; \
    done; \
    rm -rf /usr/local/bin/pip* /usr/share/python-wheels
COPY --from=build /opt/bytebridge /opt/bytebridge
ENV PATH=/opt/bytebridge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Last, so that another revision changes nothing but the labels.
ARG VERSION=0.0.0+unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="bytebridge" \
      org.opencontainers.image.description="Kubernetes operator that autoscales NLP inference services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["bytebridge"]
CMD ["run", "--all-namespaces"]
