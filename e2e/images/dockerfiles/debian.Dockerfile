# One server from Debian's packages: unpacked, as their own set-up and most of what they depend on is
# for machines that people administer; the libraries that it needs are installed.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ARG UNPACKED
ARG LIBRARIES
ARG UNUSED
ARG USER_ID
ARG STOP_SIGNAL=SIGTERM
WORKDIR /tmp/packages
# The user has a name, as initdb asks for one.
RUN apt-get update --quiet=2 \
    && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends ${LIBRARIES} \
    && apt-get download --quiet=2 ${UNPACKED} \
    && for package in *.deb; do dpkg-deb --extract "$package" /; done \
    && rm -rf /tmp/packages /var/lib/apt/lists/* /var/cache/apt/* ${UNUSED} \
    && echo "server:x:${USER_ID}:${USER_ID}::/tmp:/bin/sh" >> /etc/passwd
WORKDIR /
COPY start /usr/local/bin/start
USER ${USER_ID}:${USER_ID}
STOPSIGNAL ${STOP_SIGNAL}
ENTRYPOINT ["/usr/local/bin/start"]
