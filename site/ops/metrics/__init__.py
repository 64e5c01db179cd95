"""`/metrics`: how the installation does, for Prometheus.

    GET /metrics ──► views: who may ──► collector: part by part, each asks the database, the files, the queues ──► text

Everything is found out when it is asked for. No process counts for itself: any of the web's tells the same, and a
restart changes nothing. So what is told of the last hour is a gauge, which falls again, and no counter. Names follow https://prometheus.io/docs/practices/naming/.
"""
