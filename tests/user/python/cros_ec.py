# SPDX-License-Identifier: GPL-2.0
#
# Asks an EC all that cros_ec_python can ask without changing anything, and
# prints each answer on a line of its own.

import errno
import fcntl
import os
import struct
import warnings

from cros_ec_python import CrosEcDev, ECError, features, general, get_cros_ec, memmap, thermal

# Print warnings as part of the answer.
warnings.showwarning = lambda message, *_: print("warning:", message)

EVENT_MASK = 0xEC02     # CROS_EC_DEV_IOCEVENTMASK
SCRIPT = 0x3E00         # the command that scripts the ECs of the tests


def say(what, ask):
    """Prints what ask() returns, or how it fails."""
    try:
        print(f"{what}: {ask()}")
    except ECError as error:
        print(f"{what}: {error}")
    except OSError as error:
        print(f"{what}: {errno.errorcode[error.errno]}")


def commands(ec):
    say("proto version", lambda: general.proto_version(ec))
    say("hello", lambda: hex(general.hello(ec, 0xA0B0C0D0)))
    say("version", lambda: general.get_version(ec))
    say("build info", lambda: general.get_build_info(ec))
    say("chip info", lambda: general.get_chip_info(ec))
    say("board version", lambda: general.get_board_version(ec))
    say("protocol info", lambda: general.get_protocol_info(ec))
    say("versions of hello", lambda: general.get_cmd_versions(ec, 1))
    say("versions of no command", lambda: general.get_cmd_versions(ec, 0x3DEF))
    say("features", lambda: hex(features.get_features(ec)))
    say("decoded", lambda: [f.name for f in features.decode_features(features.get_features(ec))])
    say("no command", lambda: ec.command(0, 0x3DEF, 0, 4))
    say("no version", lambda: ec.command(31, general.EC_CMD_HELLO, 4, 4))
    say("too short", lambda: ec.command(0, general.EC_CMD_HELLO, 0, 4))
    say("room for more", lambda: ec.command(0, general.EC_CMD_HELLO, 4, 64)[:4])
    say("room for less", lambda: ec.command(0, general.EC_CMD_HELLO, 4, 2))


def memory(ec):
    say("id", lambda: bytes(ec.memmap(0x20, 2)))
    say("all", lambda: bytes(ec.memmap(0, 254)).hex())
    say("behind its end", lambda: bytes(ec.memmap(250, 100)))
    say("temperatures", lambda: memmap.get_temps(ec))
    say("fans", lambda: memmap.get_fans(ec))
    say("switches", lambda: memmap.get_switches(ec))
    say("battery", lambda: memmap.get_battery_values(ec))
    say("light", lambda: memmap.get_als(ec))
    say("acceleration", lambda: memmap.get_accel(ec))
    say("sensor 0", lambda: thermal.temp_sensor_get_info(ec, 0))
    say("thresholds", lambda: thermal.thermal_get_thresholds(ec, 0))


def events():
    """Reads events of a type in the mask, after one that is not in it."""
    ec = CrosEcDev(fd=open("/dev/cros_ec", "r+b", buffering=0))
    say("version string", lambda: ec.fd.read(512))
    say("version string again", lambda: ec.fd.read(512))
    os.set_blocking(ec.fd.fileno(), False)
    say("mask", lambda: fcntl.ioctl(ec.fd, EVENT_MASK, 1 << 2))
    say("no event", lambda: ec.fd.read(32))
    os.set_blocking(ec.fd.fileno(), True)
    for kind, byte in (5, 0), (2, 1), (2, 2), (2, 3):
        order = struct.pack("<BBHII", 1, kind, 0, 1, 0) + bytes([byte] * 16)
        say("order", lambda: ec.command(0, SCRIPT, len(order), 0, order))
    for _ in range(3):
        say("event", lambda: ec.fd.read(32).hex())
    os.set_blocking(ec.fd.fileno(), False)
    say("no event", lambda: ec.fd.read(32))


device = get_cros_ec()
print(type(device).__name__)
commands(device)
memory(device)
events()
