import Foundation

/// Laws fitted to the banks of one node, for extrapolation.
struct SRAMFit: Hashable, Sendable {
    /// (a + b W) C^n + c W^2 / C of a capacity of C KiB and a width of W bit.
    struct Law: Hashable, Sendable {
        var a: Double
        var b = 0.0
        var n: Double
        var c = 0.0

        func value(_ capacity: Double, _ width: Double) -> Double {
            (a + b * width) * pow(capacity, n) + c * width * width / capacity
        }
    }

    let readEnergy: Law
    let writeEnergy: Law
    let leakage: Law
    let area: Law
    let accessTime: Law

    /// The figures of the laws. The cycle time has no law: that of the access time is used, which is enough for ratios of two
    /// banks.
    func figures(_ size: SRAMSize) -> SRAMFigures {
        let (capacity, width) = (Double(size.capacity) / 1024, Double(size.width))
        let access = accessTime.value(capacity, width)
        return SRAMFigures(
            readEnergy: readEnergy.value(capacity, width), writeEnergy: writeEnergy.value(capacity, width),
            leakage: leakage.value(capacity, width), area: area.value(capacity, width), accessTime: access,
            cycleTime: access)
    }
}
