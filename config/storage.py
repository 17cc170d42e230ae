"""Static files under hashed names, our ES modules' imports included, so that browsers may keep them for ever."""

from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Rewrites imports below `js/` alone: other packages' modules have cycles on which the rewriting fails."""

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
