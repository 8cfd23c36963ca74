"""The server's processes: sockets, signals, connections, workers and their supervisor."""
