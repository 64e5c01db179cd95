FROM python:3.13-slim AS builder
WORKDIR /app
COPY bin/venv bin/
COPY requirements.txt ./
RUN bin/venv requirements.txt
COPY . .
# The static files; the database that comes with them stays behind.
RUN DATA_DIR=/tmp/data .venv/bin/python manage.py prepare

FROM python:3.13-slim
# A number of its own, for those who mount a folder of theirs.
RUN useradd --uid 1000 --home-dir /data --no-create-home --shell /usr/sbin/nologin roost && \
    install -d -o roost -g roost /data
COPY --from=builder /app /app
WORKDIR /app
# The official image comes without compiled modules: five processes would compile the same ones at each start.
RUN python3 -m compileall -q -j 0 articles exports orgs site /usr/local/lib/python3.13
ENV DATA_DIR=/data PYTHONUNBUFFERED=1
USER 1000:1000
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', 8000)}/up\", timeout=4)"]
ENTRYPOINT ["bin/serve"]
