"""Several indexes of one model that answer as one.

Every request goes to all of them at once, and their results are merged: the k nearest of all photos
are among the k nearest of each index. An index that cannot be read, or not in time, is left out and
named; an answer never includes part of an index that was lost halfway.
"""
