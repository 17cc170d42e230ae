"""Organizations, the people in them, and what each may do."""

import uuid
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from taskers.models import limits


class Role(models.TextChoices):
    """What a membership lets a person do."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    REVIEWER = "reviewer", "Reviewer"
    FINANCE = "finance", "Finance"
    ML_ENGINEER = "ml_engineer", "ML engineer"
    TASKER = "tasker", "Tasker"


class Organization(models.Model):
    """Owns everything; what one organization owns, another can't see."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=limits.NAME)
    currency = models.CharField(max_length=3, default="USD")
    # How many days an API token may open anything; None: as long as whoever makes it says.
    token_days = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the email is the sign-in name."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "Person":
        """A new person; without a password nobody can sign in as them until one is set."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "Person":
        """A person for whom the admin opens everywhere."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """Who signs in; a model, which is a tasker who is never paid (DESIGN section 2); or a program of the office's."""

    class Kind(models.TextChoices):
        HUMAN = "human", "Person"
        MODEL = "model", "Model"
        IMPORTED = "imported", "From elsewhere"  # whose past work came in with files: signs in nowhere, earns nothing
        SERVICE = "service", "Service account"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=limits.NAME)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.HUMAN)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=12, blank=True, db_default="")  # "": as their browser asks
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Raised when they are shown out: sessions and links of before open nothing, even if they come back.
    access_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def has_page(self) -> bool:
        """Whether managers have a page of what they do: models and whoever was imported belong to no organization."""
        return self.kind in {Person.Kind.HUMAN, Person.Kind.SERVICE}

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is held to: the password, and that nobody was shown out since it began."""
        held = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        if not self.access_epoch:
            return held
        since = f"{held}{self.access_epoch}"
        return salted_hmac("tandem.session", since, secret=secret, algorithm="sha256").hexdigest()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> "MembershipQuerySet":
        """Those not ended, of people not deactivated."""
        return self.filter(ended_at=None, person__is_active=True)


class Membership(models.Model):
    """A person in an organization, for all its projects or for one, in one role."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    # A plain key: `taskers` imports nothing of `projects`. None means every project.
    project_key = models.UUIDField(null=True, blank=True)
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization", "role", "project_key"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="membership_once",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.get_role_display()} in {self.organization}"


def one_line(name: str, longest: int = 120) -> str:
    """A name as it is kept: on one line, since it stands in the heads of letters and in files."""
    return " ".join(name.split())[:longest]


class Invitation(models.Model):
    """A link that lets one person in; only the hash of its secret is kept."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=limits.NAME, blank=True)
    role = models.CharField(max_length=16, choices=Role)
    project_key = models.UUIDField(null=True, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email", "role", "project_key"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="invitation_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization} as {self.role}"


class Scope(models.TextChoices):
    """What a token opens, of all that its person may do. A page asks for none of it."""

    EVERYTHING = "all", _("Everything")
    READ = "read", _("Look: projects, tasks, verdicts, figures, exports")
    LOAD = "load", _("Load: batches, tasks, files")
    LABEL = "label", _("Label: claim and submit")
    REVIEW = "review", _("Review: decide, audit")
    MANAGE = "manage", _("Manage: settings, labels, rules, tasks, webhooks")
    PEOPLE = "people", _("People: roles, invitations, skills, tokens")
    FINANCE = "finance", _("Money: see what is owed and paid")
    MODELS = "models", _("Models: at work and deployed")


class ApiToken(models.Model):
    """A key for programs; only its hash is kept, so a stolen table opens nothing."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=limits.TOKEN_NAME)
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=12), db_default=["all"])
    # The one whose place it takes; that one works on for a while, so that no program stands still meanwhile.
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & Q(scopes__len__gt=0), name="token_scopes_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def opens(self, scopes: Iterable[str]) -> bool:
        """Whether it may be used for something that needs any of these."""
        return Scope.EVERYTHING in self.scopes or not set(scopes).isdisjoint(self.scopes)

    @property
    def scope_labels(self) -> list[str]:
        """What it opens, in the reader's words."""
        return [str(Scope(one).label) for one in self.scopes]
