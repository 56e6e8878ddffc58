from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Upper

from q2c.identity.roles import Permission, Role, permissions_of


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, *, full_name: str, role: str
    ) -> "User":
        user = self.model(email=self.normalize_email(email), full_name=full_name, role=role)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: str) -> "User":
        return self.create_user(
            email,
            password,
            full_name=extra.get("full_name", email),
            role=Role.ADMINISTRATOR.value,
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return who has this address, in whatever case: a phone capitalises what one types."""
        try:
            return self.get(email=username)
        except self.model.DoesNotExist:
            return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Somebody of the company; what they may do follows from their one role."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in Role])
    manager = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="team")
    is_active = models.BooleanField(default=True)
    theme = models.CharField(
        max_length=6,
        choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
        default="system",
    )
    language = models.CharField(max_length=8, default="en")
    shortcuts = models.BooleanField(default=True)
    compact = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ["full_name"]
        constraints = [
            # Upper, not Lower, so that its index answers `iexact`.
            models.UniqueConstraint(
                Upper("email"),
                name="one_user_an_address_whatever_its_case",
                violation_error_message="Somebody has this e-mail address already.",
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(Role(self.role))

    @property
    def is_invited(self) -> bool:
        """Whether they have yet to set a password by the link that was mailed to them."""
        return self.is_active and not self.has_usable_password()

    def may(self, permission: Permission) -> bool:
        return self.is_active and permission in self.permissions

    # Django's admin asks these; only administrators get in, and documents are read-only there.
    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMINISTRATOR.value

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMINISTRATOR.value

    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002  Django calls it so
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002  Django calls it so
        return self.is_active and self.is_staff
