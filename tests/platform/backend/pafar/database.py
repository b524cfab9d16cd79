"""One pool of connections in each process, as Django platforms put in front of PostgreSQL.

``POOL_SIZE`` connections (default 8) and not one more; who finds none within ``POOL_TIMEOUT`` seconds (default 3)
gets an error. That is what users see of a database that stands still.
"""

import os

from sqlalchemy import create_engine

APPLICATION = os.environ.get("PAFAR_APPLICATION", "pafar-backend")

engine = create_engine(
    "postgresql+psycopg2://",
    connect_args={
        "host": os.environ.get("POSTGRES_HOST", "db"),
        "dbname": os.environ.get("POSTGRES_DB", "pafar"),
        "user": "pafar",
        "password": os.environ["PAFAR_DB_PASSWORD"],
        "application_name": APPLICATION,
        "connect_timeout": 3,
    },
    pool_size=int(os.environ.get("POOL_SIZE", "8")),
    max_overflow=0,
    pool_timeout=float(os.environ.get("POOL_TIMEOUT", "3")),
    pool_pre_ping=True,  # a connection that a restart or an operator ended is replaced, not handed out
    future=True,
)
