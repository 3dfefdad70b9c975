/// The transistors of an SRAM: CACTI's ITRS device types, the same in arrays and periphery.
///
/// The choice changes the leakage by more than four orders of magnitude: a bank of 32 KiB at 45 nm leaks from 0.9 uW to 34 mW. It
/// depends on the rest of the chip, so winosim never chooses it.
public enum SRAMDevice: String, CaseIterable, Hashable, Sendable {
    /// Low standby power: high thresholds and a high supply. Least leakage, slow.
    case lstp
    /// Low operating power: a low supply. Least energy per access, medium leakage.
    case lop
    /// High performance: fast, with leakage at 350 K that can exceed the energy of accesses.
    case hp
}
