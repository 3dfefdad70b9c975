import Foundation
import YAML

/// The size of a bank.
struct SRAMSize: Hashable, Sendable {
    /// In bytes.
    var capacity: Int
    /// The port's width, in bits.
    var width: Int

    /// `16 KiB, 64 bit`.
    var name: String {
        "\(QuantityKind.capacity.format(Double(capacity))), \(QuantityKind.width.format(Double(width)))"
    }
}

/// The banks of one technology node, with interpolation and extrapolation.
struct SRAMGrid: Sendable {
    /// The technology node, in nanometres.
    let technology: Double
    /// The supply voltage, in volts.
    let supply: Double
    let fit: SRAMFit
    private let banks: [SRAMSize: SRAMFigures]
    private let capacities: Axis
    private let widths: Axis

    /// At least one bank.
    init(technology: Double, supply: Double, fit: SRAMFit, banks: [SRAMSize: SRAMFigures]) {
        self.technology = technology
        self.supply = supply
        self.fit = fit
        self.banks = banks
        capacities = Axis(banks.keys.map(\.capacity), .capacity)
        widths = Axis(banks.keys.map(\.width), .width)
    }

    /// A bank's figures, and a text with their derivation.
    func figures(_ size: SRAMSize) -> (figures: SRAMFigures, derivation: String) {
        if let inside = interpolated(size) { return inside }
        let edge = SRAMSize(capacity: capacities.clamped(size.capacity), width: widths.clamped(size.width))
        let place = edge == size ? "beside a bank that the table lacks" : "outside the table"
        let (start, origin) = interpolated(edge).map { (edge, $0) } ?? nearest(to: size)
        // Only the ratio of the fit is used: its own figures would jump at the table's edge by up to 73 %.
        let growth = SRAMFigures.pairwise(fit.figures(size), fit.figures(start), /)
        return (
            .pairwise(origin.figures, growth, *),
            "\(place), by the fit's ratio to \(start.name) (\(origin.derivation)), the cycle time in proportion to the access time"
        )
    }

    /// Linear interpolation on logarithmic axes between the banks around a size; nil if one of them is missing.
    private func interpolated(_ size: SRAMSize) -> (figures: SRAMFigures, derivation: String)? {
        guard let capacity = capacities.span(around: size.capacity), let width = widths.span(around: size.width) else {
            return nil
        }
        func along(_ width: Int) -> SRAMFigures? {
            guard let low = banks[SRAMSize(capacity: capacity.low, width: width)],
                let high = banks[SRAMSize(capacity: capacity.high, width: width)]
            else { return nil }
            return Self.between(low, high, capacity.share)
        }
        guard let low = along(width.low), let high = along(width.high) else { return nil }
        return (Self.between(low, high, width.share), Self.derivation(capacity, width))
    }

    private static func between(_ low: SRAMFigures, _ high: SRAMFigures, _ share: Double) -> SRAMFigures {
        // A share of 0 gives exactly the tabulated figure.
        share == 0 ? low : .pairwise(low, high) { $0 * pow($1 / $0, share) }
    }

    private static func derivation(_ capacity: Axis.Span, _ width: Axis.Span) -> String {
        switch (capacity.share == 0, width.share == 0) {
        case (true, true): "as tabulated"
        case (false, true): "log-log between \(capacity.name) at \(width.name)"
        case (true, false): "log-log between \(width.name) at \(capacity.name)"
        case (false, false): "log-log between \(capacity.name), \(width.name)"
        }
    }

    /// The nearest bank on logarithmic axes; of two equally near ones the smaller.
    private func nearest(to size: SRAMSize) -> (SRAMSize, (figures: SRAMFigures, derivation: String)) {
        func distance(_ bank: SRAMSize) -> Double {
            hypot(log2(Double(bank.capacity) / Double(size.capacity)), log2(Double(bank.width) / Double(size.width)))
        }
        let nearest = banks.min { a, b in
            (distance(a.key), a.key.capacity, a.key.width) < (distance(b.key), b.key.capacity, b.key.width)
        }
        guard let nearest else { preconditionFailure("a grid has a bank") }
        return (nearest.key, (nearest.value, "as tabulated"))
    }
}

/// The values of one axis of the grid, increasing.
private struct Axis: Sendable {
    /// Two neighbouring values, and the share of a value between their logarithms: 0 at the lower one.
    struct Span {
        let low: Int
        let high: Int
        let share: Double
        let name: String
    }

    private let values: [Int]
    private let kind: QuantityKind

    init(_ values: [Int], _ kind: QuantityKind) {
        self.values = Set(values).sorted()
        self.kind = kind
    }

    func clamped(_ value: Int) -> Int { min(max(value, values[0]), values[values.count - 1]) }

    /// The neighbours of a value; nil outside of the range.
    func span(around value: Int) -> Span? {
        guard let below = values.lastIndex(where: { $0 <= value }), clamped(value) == value else { return nil }
        let low = values[below]
        if low == value { return Span(low: low, high: low, share: 0, name: text(low)) }
        let high = values[below + 1]
        let share = log(Double(value) / Double(low)) / log(Double(high) / Double(low))
        return Span(low: low, high: high, share: share, name: pair(low, high))
    }

    private func text(_ value: Int) -> String { kind.format(Double(value)) }

    /// `16 and 32 KiB`, `512 KiB and 1 MiB`.
    private func pair(_ low: Int, _ high: Int) -> String {
        let (first, second) = (text(low).split(separator: " "), text(high).split(separator: " "))
        return first.last == second.last ? "\(first[0]) and \(text(high))" : "\(text(low)) and \(text(high))"
    }
}

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
