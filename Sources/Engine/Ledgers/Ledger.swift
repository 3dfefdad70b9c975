import DRAM
import Hardware

/// The counts of one unit of the machine.
///
/// Every stored property has an entry in `counters`, from which counts are added up and columns are made: a new count is a property and
/// an entry.
public protocol Ledger: Hashable, Sendable {
    /// Makes counts of zero.
    init()

    /// What is counted.
    static var counters: [Counter<Self>] { get }
}

extension Ledger {
    /// Adds another layer's counts.
    public static func += (a: inout Self, b: Self) {
        for counter in counters { counter.add(&a, b) }
    }
}

/// What one property of a ledger counts.
public struct Counter<Owner: Ledger>: Sendable {
    /// The property.
    public let path: PartialKeyPath<Owner> & Sendable
    /// What it is counted in: `cycles`, `B`, `products`.
    public let unit: String
    /// What it counts, in one line.
    public let definition: String
    /// Adds the property of another ledger.
    let add: @Sendable (inout Owner, Owner) -> Void

    /// A count that adds up from layer to layer.
    static func sum<Value: Addable>(
        _ path: WritableKeyPath<Owner, Value> & Sendable, _ unit: String, _ definition: String
    ) -> Counter {
        Counter(path: path, unit: unit, definition: definition) { $0[keyPath: path] += $1[keyPath: path] }
    }

    /// A width or a size, of which all layers together have the largest.
    static func largest(
        _ path: WritableKeyPath<Owner, Int> & Sendable, _ unit: String, _ definition: String
    ) -> Counter {
        Counter(path: path, unit: unit, definition: definition) {
            $0[keyPath: path] = max($0[keyPath: path], $1[keyPath: path])
        }
    }
}

/// What counts add up as.
protocol Addable: SendableMetatype {
    static func += (a: inout Self, b: Self)
}

extension Int: Addable {}
extension Double: Addable {}
extension ValueCount: Addable {}
extension Tally: Addable {}
extension DRAMCounters: Addable {}

/// A share or a ratio of two counts; nil where the second is 0.
func ratio(_ a: Int, _ b: Int) -> Double? { b == 0 ? nil : Double(a) / Double(b) }
