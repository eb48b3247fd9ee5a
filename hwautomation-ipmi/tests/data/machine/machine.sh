#!/bin/sh
# One boot of the machine. Its firmware has a network and no disk, and looks at the boot device once, as for one boot.
cd "FOLDER" || exit 1
# The program with which a network card boots is there only when it is to be used: left alone, firmware tries all.
card=virtio-net-pci,netdev=net,romfile=
[ "$(cat boot 2>/dev/null)" = pxe ] && card=virtio-net-pci,netdev=net
echo default > boot
exec qemu-system-x86_64 -machine pc,accel=tcg -cpu max -m 256 -nodefaults -display none -no-reboot \
  -netdev "user,id=net,restrict=on,tftp=tftp,bootfile=boot.ipxe,hostfwd=tcp:SSH-:22" -device "$card" \
  -chardev socket,id=bmc,host=127.0.0.1,port=BMC_PORT,reconnect=1 \
  -device ipmi-bmc-extern,id=bmc,chardev=bmc -device isa-ipmi-kcs,bmc=bmc \
  -chardev pipe,id=monitor,path=monitor -mon chardev=monitor -serial file:console.log \
  -chardev file,id=firmware,path=firmware.log -device isa-debugcon,iobase=0x402,chardev=firmware
