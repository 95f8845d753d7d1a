"""The token that makes a form one of a kind; every form whose view is decorated with `once` carries it."""

import uuid

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def once_token() -> SafeString:
    """A hidden field with a new token; a page that is shown again after an error gets another one."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4())
