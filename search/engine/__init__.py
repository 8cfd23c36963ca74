"""An open index for programs: opened, searched, embedded with, added to, from any thread."""
