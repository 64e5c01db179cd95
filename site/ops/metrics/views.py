from django.http import HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from ops.access import watchers_only
from ops.metrics.collector import Collector


@watchers_only
@require_safe
def metrics(request):
    """In the format that `Accept` asks for: Prometheus' own or OpenMetrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"})
