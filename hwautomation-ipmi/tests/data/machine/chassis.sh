#!/bin/sh
# What ipmi_sim calls as the chassis of a machine that QEMU plays: it keeps the boot device and presses the buttons.
cd "FOLDER" || exit 1
echo "$@" >> chassis.log
# A QEMU that has ended and that nobody has asked for its result is still in the table, as a zombie.
is_on() { [ -e machine.pid ] && grep -q '^State:.[^Z]' "/proc/$(cat machine.pid)/status" 2>/dev/null; }
power() {
  if [ "$1" = 0 ]; then
    is_on && kill -9 "$(cat machine.pid)"
  elif ! is_on; then
    ./machine.sh > machine.log 2>&1 < /dev/null &
    echo $! > machine.pid
  fi
}
op=$1; shift
case "$op" in
get) for p in "$@"; do
       case "$p" in
       power) if is_on; then echo power:1; else echo power:0; fi;;
       boot) echo "boot:$(cat boot 2>/dev/null || echo default)";;
       esac
     done;;
set) while [ $# -gt 0 ]; do
       case "$1" in
       power) power "$2";;
       boot) echo "$2" > boot;;
       # Presses the power button; what comes of it is up to what runs there.
       shutdown) if is_on; then echo system_powerdown > monitor.in; fi;;
       *) exit 1;;
       esac
       shift 2
     done;;
esac
exit 0
