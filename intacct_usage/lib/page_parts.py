"""Markup that template tags of every app put together: an icon, a badge."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite. Without a label it is decoration and hidden from screen readers."""
    href = f"{static('vendor/bootstrap-icons.svg')}#{name}"
    if not label:
        return format_html(
            '<svg class="icon" aria-hidden="true" focusable="false" width="16" height="16"><use href="{}"></use></svg>',
            href,
        )
    return format_html(
        '<svg class="icon" role="img" aria-label="{}" width="16" height="16"><use href="{}"></use></svg>', label, href
    )


def badge(tone: str, icon_name: str, word: str) -> SafeString:
    """A word with an icon and a colour. Tones: good, busy, warn, bad, quiet, plain."""
    return format_html('<span class="status status-{}">{}<span>{}</span></span>', tone, icon(icon_name), word)
