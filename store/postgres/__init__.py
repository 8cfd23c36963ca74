"""An index in PostgreSQL with pgvector, from which several servers answer.

`push` writes a local index as a new generation, which then becomes the active one, and
`PostgresReader` reads the active one. Nothing else in the project imports psycopg, which the extra
`pgvector` installs. A generation never changes once it is active: new data comes with the next one.
"""
