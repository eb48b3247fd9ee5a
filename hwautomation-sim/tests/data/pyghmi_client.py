"""Asks one BMC with pyghmi's client, from a loopback address only.

Usage: pyghmi_client.py ADDRESS PORT USER PASSWORD ACTION...  where an action is `power`, `boot`, `power=STATE` or
`boot=DEVICE`. Prints the hash that the session is protected with, and what each action returned, a line each.
"""

import socket
import sys

from pyghmi.ipmi.command import Command
from pyghmi.ipmi.private import session

# By itself it would take a socket that listens on every address. This one takes IPv4 in IPv6's form.
loopback = socket.getaddrinfo("::ffff:127.0.0.1", 0, 0, socket.SOCK_DGRAM)[0]
session.Session.socketpool[session.Session._assignsocket(loopback)] = 0
session.ipv6support = True

address, port, user, password, *actions = sys.argv[1:]
try:
    bmc = Command(address, user, password, port=int(port), keepalive=False)
    print("sha", bmc.ipmi_session.integrityalgo)
    for action in actions:
        name, _, value = action.partition("=")
        if name == "power":
            answer = bmc.set_power(value) if value else bmc.get_power()
        else:
            answer = bmc.set_bootdev(value) if value else bmc.get_bootdev()
        print(*(f"{key}={answer[key]}" for key in sorted(answer)))
    bmc.ipmi_session.logout()
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
