"""A BMC that pyghmi's server plays, for one user, on loopback only.

Usage: bmc.py USER PASSWORD. Prints its port, then each command that reached it. Ends when its input is closed.
"""

import os
import sys
import threading

from pyghmi.ipmi.bmc import Bmc


def say(text):
    print(text, flush=True)


class Machine(Bmc):
    power = "off"

    def get_power_state(self):
        return self.power

    def become(self, power, command):
        self.power = power
        say(command)

    def power_on(self):
        self.become("on", "on")

    def power_off(self):
        self.become("off", "off")

    def power_reset(self):
        self.become("on", "reset")

    def power_shutdown(self):
        self.become("off", "shutdown")


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
# By default it would listen on every address; a plain 127.0.0.1 breaks how its threads wake each other.
machine = Machine({sys.argv[1]: sys.argv[2]}, port=0, address="::ffff:127.0.0.1")
# It finds its sessions again by the port.
machine.port = machine.serversocket.getsockname()[1]
say(machine.port)
machine.listen()
