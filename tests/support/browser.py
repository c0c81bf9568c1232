"""A browser that fetches an address, follows where it leads, and shows nothing.

    browser.py CA_PEM ADDRESS
"""

import ssl
import sys
import urllib.request

_, ca, address = sys.argv
urllib.request.urlopen(address, context=ssl.create_default_context(cafile=ca)).read()
