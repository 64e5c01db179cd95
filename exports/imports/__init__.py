"""Brings tasks in from a CSV file, all of them or none.

    upload ──► Upload: which columns are what ──► TaskImport, pending ──► perform:
        check every row ──► some are wrong: nothing is imported; the rejected rows, each with its error, to download
                        └─► all are right: StagedTask, in short batches ──► finish: tasks, in one transaction

What an export of ours writes comes back as it was (`fields`, `reading`).
"""
