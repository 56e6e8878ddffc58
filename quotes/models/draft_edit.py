from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class DraftEdit(models.Model):
    """One edit of a draft: what each row it touched was before and after.

    Undo reads it backwards; two people's edits are told apart by it, cell by cell. `rows` maps
    "quote" or a line's id to {"before": …, "after": …}: the fields that changed, all of them of a
    line that was added or removed, where one side is null.
    """

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="edits")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    edit_version = models.PositiveIntegerField()  # of the quote, as it left it
    label = models.CharField(max_length=200)
    rows = models.JSONField(encoder=DjangoJSONEncoder)
    # An undo or a redo names the edit that it took back or made again.
    reverts = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")
    is_undone = models.BooleanField(default=False)
    # The quote that this edit merged in; undoing gives it back.
    merges = models.ForeignKey("quotes.Quote", models.CASCADE, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["quote", "edit_version"], name="draft_edit_by_version"),
            models.Index(fields=["quote", "by", "-id"], name="draft_edit_of_person"),
        ]

    def __str__(self) -> str:
        return self.label
