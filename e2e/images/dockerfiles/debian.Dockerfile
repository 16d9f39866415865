# One server from Debian's packages.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ARG PACKAGES
ARG UNUSED
ARG USER_ID
# A cluster of PostgreSQL is made when a container starts, not when the package is installed. The
# user has a name, as initdb asks for one.
RUN mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get update --quiet=2 \
    && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends ${PACKAGES} \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* ${UNUSED} \
    && echo "server:x:${USER_ID}:${USER_ID}::/tmp:/bin/sh" >> /etc/passwd
COPY start /usr/local/bin/start
USER ${USER_ID}:${USER_ID}
ENTRYPOINT ["/usr/local/bin/start"]
