"""An index in PostgreSQL with pgvector, from which several servers answer.

`push` writes a local index as a new generation beside the one that answers, and `PostgresReader`
reads the one that does. Nothing else of the project imports psycopg, which the extra `pgvector`
installs. A generation never changes once it is active: new data comes with the next one.
"""
