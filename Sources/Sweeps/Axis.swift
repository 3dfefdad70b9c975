import Files
import Foundation
import YAML

/// A parameter that differs from point to point.
struct Axis: Sendable {
    /// What an axis changes.
    enum Target: Hashable, Sendable {
        /// The trace that runs.
        case trace
        /// A parameter of the trace that runs.
        case ofTrace(TraceKey)
        /// A key of the configuration, with dots.
        case configuration
    }

    /// One of the values.
    struct Value: Sendable {
        /// As written, a text without its quotes.
        let text: String
        let node: Node

        init(_ node: Node) {
            text = node.text ?? node.flow
            self.node = node
        }
    }

    let target: Target
    /// The key as written, which is the column's name.
    let name: String
    let key: Node
    let values: [Value]

    /// The number of sections around the key.
    var depth: Int { name.count { $0 == "." } }

    /// The name of the axis of traces.
    static let traceName = "trace"
    /// The most values of an axis.
    static let limit = 10_000

    /// Reads an axis: a list of values, or a range.
    ///
    /// - Throws: `InputError`.
    init(key: Node, values node: Node) throws {
        name = try key.string()
        self.key = key
        if name == Self.traceName {
            target = .trace
        } else if name.hasPrefix(Self.traceName + ".") {
            guard let known = TraceKey(rawValue: name) else {
                let names = TraceKey.allCases.map(\.rawValue)
                let near = didYouMean(nearestName(to: name, among: names), otherwise: ";")
                throw key.error(
                    "found the axis \(quoted(name))\(near) a trace axis must be one of \(names.joined(separator: ", "))"
                )
            }
            target = .ofTrace(known)
        } else {
            target = .configuration
        }
        let nodes = node.entries == nil ? try node.elements() : try AxisRange(node).values()
        guard !nodes.isEmpty else { throw node.error("the axis \(quoted(name)) has no values, expected at least one") }
        guard nodes.count <= Self.limit else {
            throw node.error("the axis \(quoted(name)) has \(nodes.count) values, expected at most \(Self.limit)")
        }
        values = nodes.map(Value.init)
    }
}

/// A range of values, by factors or by steps: `{from: 2, to: 16, times: 2}`, `{from: 16 KiB, to: 64 KiB, step: 16 KiB}`.
struct AxisRange {
    private let node: Node
    private let kind: QuantityKind?
    private let isWhole: Bool
    private let from: Double
    private let to: Double
    private let growth: Growth

    private enum Growth {
        case times(Double)
        case step(Double)
    }

    /// The limit below which whole numbers are exact.
    private static let most = 1e15

    /// Values may exceed the end by this share of it: sums of decimal fractions are not exact.
    private static let slack = 1e-9

    /// - Throws: `InputError` for an invalid or endless range.
    init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "the range")
        let (first, last) = (try decoder.required("from"), try decoder.required("to"))
        let (times, step) = (decoder.optional("times"), decoder.optional("step"))
        try decoder.finish()
        self.node = node
        let kind = Self.kind(of: first)
        self.kind = kind
        func value(_ node: Node) throws -> Double {
            guard let kind else { return try node.real() }
            return try node.quantity(kind)
        }
        (from, to) = (try value(first), try value(last))
        guard from <= to else {
            throw last.error("the range ends at \(last.found), before its start at \(first.found)")
        }
        guard to < Self.most else {
            throw last.error("the range ends at \(last.found), expected less than 1e15")
        }
        switch (times, step) {
        case (let times?, nil):
            let factor = try times.real()
            guard factor > 1, from > 0 else {
                throw times.error("found \(times.found), expected a factor above 1, and a range that starts above 0")
            }
            growth = .times(factor)
        case (nil, let step?):
            let size = try value(step)
            guard size > 0 else { throw step.error("found \(step.found), expected a step above 0") }
            growth = .step(size)
        default:
            throw node.error("found \(times == nil ? "neither" : "both") of times and step, expected one of them")
        }
        isWhole = kind == nil && [first, times ?? step ?? last].allSatisfy { (try? $0.integer()) != nil }
    }

    /// One node per value, at the position of the range.
    ///
    /// - Throws: `InputError` if there are more than an axis may have.
    func values() throws -> [Node] {
        var texts: [String] = []
        for index in 0... {
            let value =
                switch growth {
                case .times(let factor): from * pow(factor, Double(index))
                case .step(let size): from + Double(index) * size
                }
            if value > to + Self.slack * abs(to) { break }
            guard texts.count < Axis.limit else {
                throw node.error("the range has too many values, expected at most \(Axis.limit)")
            }
            texts.append(text(value))
        }
        return texts.map { Node(.scalar(.init(text: $0, isPlain: true)), at: node.mark, of: node) }
    }

    /// Twelve digits distinguish all values of a range, and hide rounding errors of sums of decimal fractions.
    private func text(_ value: Double) -> String {
        if isWhole { return String(Int(value.rounded())) }
        let rounded = Double(String(format: "%.12g", value)) ?? value
        if let kind { return kind.format(rounded) }
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : "\(rounded)"
    }

    private static func kind(of node: Node) -> QuantityKind? {
        QuantityKind.allCases.first { (try? node.quantity($0)) != nil }
    }
}
