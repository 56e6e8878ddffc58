from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.actions.webhooks import take_in
from q2c.kernel.errors import Refused


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Store what Stripe tells, if it is Stripe; the work follows in a job."""
    try:
        take_in(request.body, request.headers.get("Stripe-Signature", ""), at=timezone.now())
    except Refused as refusal:
        return JsonResponse({"error": refusal.message}, status=400)
    return JsonResponse({"received": True})
