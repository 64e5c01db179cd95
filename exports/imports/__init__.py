"""Brings tasks in from a CSV file, all of them or none.

    upload ──► Upload: which columns are what ──► TaskImport, pending ──► perform:
        check every row ──► some are wrong: nothing is imported; the rejected rows, each with its error, to download
                        └─► all are right: tasks that nobody sees yet, in short batches ──► finish: everybody sees all

What an export of ours writes comes back as it was (`fields`, `reading`).
"""
