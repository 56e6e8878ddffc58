# One image for every role: web, worker, beat, migrate. See docker-compose.yml.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

# The same set-up as anywhere else: system libraries, .venv/, pinned packages. It has a layer of
# its own, so that a change of our code does not install everything again.
COPY manage.py requirements.txt ./
COPY q2c/__init__.py q2c/
COPY q2c/runtime q2c/runtime
RUN python3 manage.py setup && rm -rf /var/lib/apt/lists/*

COPY . .
ENV PATH=/app/.venv/bin:$PATH Q2C_DEMO=0 Q2C_LOG=json Q2C_STATIC_ROOT=/app/staticfiles Q2C_DATA_DIR=/data
RUN SECRET_KEY=only-to-collect-files python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin q2c \
    && install -d -o q2c -g q2c /data

USER q2c
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "python:q2c.runtime.web", "q2c.wsgi", "--bind", "0.0.0.0:8000", "--graceful-timeout", "20"]
