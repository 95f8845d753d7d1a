"""How Django itself writes times, as it does in the administration: like the other pages, 24 hours and the zone."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i T"
SHORT_DATETIME_FORMAT = "d/m/Y H:i T"
