"""`GET /health`, as JSON: the verdict for everybody, and each part for whoever operates the installation."""

from django.conf import settings
from django.http import JsonResponse

from config.release import RELEASE
from ops.health.part import Verdict, worst


def answer(found, *, detailed: bool) -> JsonResponse:
    """What `/health` says of the parts that were `found`: 503 where one is red, so that any monitor understands it."""
    verdict = worst(found)
    body = {"status": verdict.value}
    if detailed:
        body |= {
            "release": RELEASE,
            "parts": [part.as_dict() for part in found],
            "more": f"{settings.PUBLIC_URL}/ops/doctor/",
        }
    status = 503 if verdict == Verdict.RED else 200
    response = JsonResponse(body, status=status, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def database_answers(found) -> bool:
    return not any(part.name == "database" and part.verdict == Verdict.RED for part in found)
