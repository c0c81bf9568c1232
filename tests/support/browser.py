"""A browser that fetches a URL, follows its redirects, and shows nothing.

    browser.py CA_PEM ADDRESS
"""

import ssl
import sys
import urllib.request

_, ca, address = sys.argv
urllib.request.urlopen(address, context=ssl.create_default_context(cafile=ca)).read()
