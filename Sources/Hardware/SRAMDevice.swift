/// The transistors that an SRAM is built of: ITRS device types as CACTI has them, arrays and periphery alike.
///
/// The choice decides what a memory leaks by more than four orders of magnitude: a bank of 32 KiB at 45 nm leaks from 0.9 uW to
/// 34 mW. It has to be made with the rest of the chip in mind, so nothing here chooses on its own.
public enum SRAMDevice: String, CaseIterable, Hashable, Sendable {
    /// Low standby power: high thresholds and a high supply. It leaks least, and is slow.
    case lstp
    /// Low operating power: a low supply. Accesses take least energy; leakage lies between the two others.
    case lop
    /// High performance: fast, with leakage at 350 K that can outweigh the accesses.
    case hp
}
