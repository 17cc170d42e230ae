"""The admin as an app of Django's, with the site of our own."""

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    """Django's, whose site is config.admin_site's."""

    default_site = "config.admin_site.Site"
