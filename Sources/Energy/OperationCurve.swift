import Foundation
import YAML

/// What one action takes, and where the figure comes from.
public struct EnergyFigure: Hashable, Sendable {
    /// The energy of one action.
    public let energy: Picojoules
    /// How the figure was made from published ones.
    public let derivation: String
    /// Where those were published.
    public let publication: String

    /// Makes a figure.
    public init(energy: Picojoules, derivation: String, publication: String) {
        self.energy = energy
        self.derivation = derivation
        self.publication = publication
    }

    /// The derivation and the publication.
    public var source: String { "\(derivation); \(publication)" }

    /// The same figure with words before its derivation.
    func preceded(by words: String) -> EnergyFigure {
        EnergyFigure(energy: energy, derivation: "\(words), \(derivation)", publication: publication)
    }
}

/// The energy of one kind of operation over its width: published figures, and a rule for the widths between and beyond.
struct OperationCurve: Hashable, Sendable {
    /// How widths without a figure get theirs.
    enum Rule: String, CaseIterable, Sendable {
        /// A power of the width through the two neighbours; beyond the figures the nearest two's law goes on.
        case power = "power_law"
        /// A straight line between the neighbours; beyond the figures in proportion to the nearest one.
        case linear
    }

    /// A published figure.
    struct Point: Hashable, Sendable {
        let width: Int
        let energy: Double
        let source: String

        var name: String { "\(width) bit (\(QuantityKind.energy.format(energy)))" }
    }

    let rule: Rule
    /// At least one, widths rising, energies not falling.
    let points: [Point]

    /// The figure of a width in bits; an array multiplier's may lie between two whole ones.
    func figure(width: Double) -> EnergyFigure {
        if let point = points.first(where: { Double($0.width) == width }) {
            return EnergyFigure(
                energy: Picojoules(point.energy), derivation: "as published", publication: point.source)
        }
        let above = points.firstIndex { Double($0.width) > width } ?? points.count
        let isBeyond = above == 0 || above == points.count
        switch rule {
        case .linear where isBeyond:
            let nearest = points[above == 0 ? 0 : points.count - 1]
            return EnergyFigure(
                energy: Picojoules(nearest.energy * (width / Double(nearest.width))),
                derivation: "in proportion to \(nearest.name)", publication: nearest.source)
        case .linear:
            let (a, b) = (points[above - 1], points[above])
            let share = (width - Double(a.width)) / Double(b.width - a.width)
            return derived(a.energy + (b.energy - a.energy) * share, law: "a straight line", from: a, b)
        case .power:
            let second = min(max(above, 1), points.count - 1)
            let (a, b) = (points[second - 1], points[second])
            let energy = a.energy * pow(width / Double(a.width), Self.exponent(from: a, to: b))
            return derived(energy, law: "a power law", from: a, b)
        }
    }

    private func derived(_ energy: Double, law: String, from a: Point, _ b: Point) -> EnergyFigure {
        let sources = a.source == b.source ? a.source : "\(a.source), and \(b.source)"
        return EnergyFigure(
            energy: Picojoules(energy), derivation: "by \(law) through \(a.name) and \(b.name)", publication: sources)
    }

    /// The power of the width by which energy grows from one figure to the next.
    static func exponent(from a: Point, to b: Point) -> Double {
        log(b.energy / a.energy) / log(Double(b.width) / Double(a.width))
    }
}
