"""Several indexes of one model that answer as one.

Whatever is asked is asked of all at once, and what they give is put together: the k nearest of all
photos are among the k nearest of each index. One that cannot be read, or not in time, is left out
and named; an answer is never put together from one that was lost in the middle of it.
"""
