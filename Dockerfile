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
# mypyc needs a C compiler and Python's headers; what the base lacks comes from Debian. 0: the
# decision core stays interpreted, and decides the same at twice the time.
ARG COMPILED=1
RUN set -eu; [ "$COMPILED" = 1 ] || exit 0; \
    missing=""; \
    command -v gcc > /dev/null || missing="gcc libc6-dev"; \
    headers=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))'); \
    [ -e "$headers/Python.h" ] || missing="$missing python3-dev"; \
    [ -n "$missing" ] || exit 0; \
    apt-get update -qq; \
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing
# The image gets a virtual environment without pip; it is filled by the pip of this one.
RUN python3 -m venv /opt/builder && python3 -m venv --without-pip /opt/bytebridge
COPY operator/locks/runtime.txt operator/locks/build.txt operator/locks/
RUN /opt/builder/bin/pip install --quiet --require-hashes --requirement operator/locks/build.txt \
    && /opt/builder/bin/pip --python /opt/bytebridge/bin/python install --quiet \
       --require-hashes --requirement operator/locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY operator/src operator/src
# The image's own Python compiles, with the builder's mypy beside it: it is to import the result.
# Byte code is made without regard to times of files, so that starting looks at no source, and the
# same sources make the same files.
RUN set -eu; \
    packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }; \
    /opt/builder/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels .; \
    /opt/builder/bin/pip --python /opt/bytebridge/bin/python install --quiet --no-deps \
      --no-index /wheels/*.whl; \
    if [ "$COMPILED" = 1 ]; then \
      PYTHONPATH=$(packages /opt/builder) /opt/bytebridge/bin/bytebridge lab compiled \
        --into "$(packages /opt/bytebridge)"; \
    fi; \
    /opt/bytebridge/bin/python -m compileall -q --invalidation-mode unchecked-hash \
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
