import Foundation
import YAML

/// The energy and the area of one kind of operation over its width: published figures, and a rule for other widths.
struct OperationCurve: Hashable, Sendable {
    /// The rule for widths without a figure.
    enum Rule: String, CaseIterable, Sendable {
        /// A power of the width through the two neighbours; beyond the figures the law of the nearest two is used.
        case power = "power_law"
        /// In proportion to the square of the width, from the nearest figure.
        case quadratic
        /// A straight line between the neighbours; beyond the figures in proportion to the nearest one.
        case linear
    }

    /// A published figure.
    struct Point: Hashable, Sendable {
        let width: Int
        let energy: Double
        /// In um2; nil if the source has none.
        let area: Double?
        let source: String
        /// The table with the figure.
        let table: String

        var name: String { "\(width) bit (\(QuantityKind.energy.format(energy)))" }
        var areaName: String { "\(width) bit (\(QuantityKind.area.format(area ?? 0)))" }
    }

    var rule: Rule
    /// At least one, with increasing widths and nondecreasing energies and areas.
    var points: [Point]

    /// The figure of a width in bits; an array multiplier's may be fractional.
    func figure(width: Double) -> EnergyFigure {
        let (value, source) = derive(points, width, value: { $0.energy }, name: { $0.name })
        return EnergyFigure(energy: Picojoules(value), source: source)
    }

    /// The area of a width in bits; nil if the sources have none.
    func area(width: Double) -> AreaFigure? {
        let known = points.filter { $0.area != nil }
        guard !known.isEmpty else { return nil }
        let (value, source) = derive(known, width, value: { $0.area ?? 0 }, name: { $0.areaName })
        return AreaFigure(area: SquareMicrometres(value), source: source)
    }

    private func derive(
        _ points: [Point], _ width: Double, value: (Point) -> Double, name: (Point) -> String
    ) -> (value: Double, source: FigureSource) {
        if let point = points.first(where: { Double($0.width) == width }) {
            return (value(point), source("as published", point))
        }
        let above = points.firstIndex { Double($0.width) > width } ?? points.count
        let isBeyond = above == 0 || above == points.count
        let nearest = nearest(points, width)
        switch rule {
        case .quadratic:
            let share = width / Double(nearest.width)
            return (value(nearest) * share * share, source("by the square of the width from \(name(nearest))", nearest))
        case .linear where isBeyond:
            let share = width / Double(nearest.width)
            return (value(nearest) * share, source("in proportion to \(name(nearest))", nearest))
        case .linear:
            let (a, b) = (points[above - 1], points[above])
            let share = (width - Double(a.width)) / Double(b.width - a.width)
            return (
                value(a) + (value(b) - value(a)) * share,
                source("by a straight line through \(name(a)) and \(name(b))", a, b)
            )
        case .power where points.count == 1:
            // If only one figure of a power law has an area, it scales like an array's.
            let share = width / Double(nearest.width)
            return (value(nearest) * share * share, source("by the square of the width from \(name(nearest))", nearest))
        case .power:
            let second = min(max(above, 1), points.count - 1)
            let (a, b) = (points[second - 1], points[second])
            let exponent = Self.exponent(from: (a.width, value(a)), to: (b.width, value(b)))
            return (
                value(a) * pow(width / Double(a.width), exponent),
                source("by a power law through \(name(a)) and \(name(b))", a, b)
            )
        }
    }

    private func nearest(_ points: [Point], _ width: Double) -> Point {
        points.min { abs(log(Double($0.width) / width)) < abs(log(Double($1.width) / width)) } ?? points[0]
    }

    private func source(_ derivation: String, _ points: Point...) -> FigureSource {
        FigureSource(
            derivation: derivation, publication: points.map(\.source).unique().joined(separator: ", and "),
            origin: points.map(\.table).unique().joined(separator: " and "))
    }

    /// The exponent of the growth of a value from one figure to the next.
    static func exponent(from a: (width: Int, value: Double), to b: (width: Int, value: Double)) -> Double {
        log(b.value / a.value) / log(Double(b.width) / Double(a.width))
    }
}

extension Sequence where Element: Hashable {
    /// The unique elements, in the order of their first occurrence.
    public func unique() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
