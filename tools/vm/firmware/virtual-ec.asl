// SPDX-License-Identifier: GPL-2.0

/*
 * The virtual EC as the guest's firmware describes it: the device that the LPC
 * driver binds to, and what serves its port. How the two go together, and why
 * no reply is stale or lost: tools/virtual-ec/src/line.rs.
 */
DefinitionBlock ("", "SSDT", 2, "DEVSCO", "VIRTEC", 1)
{
    Scope (\_SB)
    {
        // The EC. Packets are at the start of its memory, the memory map 0x100
        // further on; tools/vm/src/ec.rs puts the memory there.
        Device (CREC)
        {
            Name (_HID, "GOOG0004")
            Name (_UID, Zero)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0x20000000, 0x200)
            })
        }

        // Its UART, with an interrupt that nothing else in this machine has.
        Device (CGED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, "VIRTEC")
            Name (_CRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 7 }
            })

            OperationRegion (UART, SystemIO, 0x203, 0x08)
            Field (UART, ByteAcc, NoLock, Preserve)
            {
                DATA, 8,    // A byte from the EC, or to it
                STAT, 8,    // Interrupt enable: the driver's port 0x204
                , 24,
                LSTA, 8     // Line status
            }

            // The number of the last doorbell: one byte, always even.
            Name (LAST, Buffer (1) { 0x00 })
            CreateByteField (LAST, 0, NUMB)

            Method (_INI, 0, Serialized)
            {
                STAT = 0x01
            }

            // It does one thing in a run, and is run again while there is more:
            // the interrupt is level-triggered. It is short, since a command
            // takes two runs and a debug kernel a while for each operation.
            Method (_EVT, 1, Serialized)
            {
                If (LSTA & 0x01)
                {
                    // A byte from the EC.
                    Local0 = DATA
                    If (Local0 == NUMB)
                    {
                        // The reply is there, if the driver still waits for it.
                        If (STAT == 0x05)
                        {
                            STAT = 0x01
                        }
                    }
                    ElseIf (Local0 == 0x01)
                    {
                        Notify (\_SB.CREC, 0x80)
                    }
                }
                ElseIf (STAT == 0x0A)
                {
                    // The doorbell. The command is accepted before the EC hears
                    // of it, so it cannot be accepted twice.
                    NUMB += 2
                    STAT = 0x05
                    DATA = NUMB
                }
                ElseIf (!((STAT == 0x01) || (STAT == 0x05)))
                {
                    // A command of protocol version 2, which the EC does not
                    // speak.
                    STAT = 0x01
                }
            }
        }
    }
}
