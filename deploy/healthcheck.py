"""Exit 0 if the site in this container answers. Asked by HEALTHCHECK; needs nothing but Python."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or "8000"), timeout=4)
try:
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"The site does not answer: {error}")
sys.exit(0 if status == 200 else f"The site answers with {status}")
