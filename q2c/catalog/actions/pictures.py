"""Pictures of what we sell."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from q2c.catalog.actions.versions import product_to_edit, publish_change
from q2c.catalog.models import ProductPicture
from q2c.identity.models import User
from q2c.infra.blobs import keep
from q2c.infra.pictures import picture_type
from q2c.kernel.errors import Refused

_MOST = 12


@transaction.atomic
def add_picture(
    product_id: int, content: bytes, *, description: str, by: User | None, at: datetime
) -> ProductPicture:
    """Show a picture of the product, after those it has; refuses what is no picture."""
    product = product_to_edit(product_id, by=by)
    description = description.strip() or product.name
    if len(description) > 200:
        raise Refused("At most 200 characters, please.", field="description")
    if product.pictures.count() >= _MOST:
        raise Refused(f"A product has at most {_MOST} pictures; remove one first.", field="picture")
    blob = keep(content, media_type=picture_type(content), at=at)
    if product.pictures.filter(blob=blob).exists():
        raise Refused("The product shows this picture already.", field="picture")
    last = product.pictures.aggregate(last=Max("position"))["last"]
    picture = ProductPicture.objects.create(
        product=product,
        blob=blob,
        description=description,
        position=0 if last is None else last + 1,
    )
    publish_change(product, {"picture": [None, description]}, by=by, at=at)
    return picture


@transaction.atomic
def remove_picture(product_id: int, picture_id: int, *, by: User | None, at: datetime) -> None:
    """Show a picture no longer; versions of the product still name it."""
    product = product_to_edit(product_id, by=by)
    picture = product.pictures.filter(pk=picture_id).first()
    if picture is None:
        raise Refused("There is no such picture; somebody may have removed it.")
    picture.delete()
    publish_change(product, {"picture": [picture.description, None]}, by=by, at=at)
