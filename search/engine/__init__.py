"""An open index for programs: searching, embedding, adding and removing, from any thread."""
