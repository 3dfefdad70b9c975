/// Counts by the cases of an enumeration, whose raw values number them from 0.
public struct Tally<Kind: CaseIterable & RawRepresentable<Int> & Sendable>: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: Kind.allCases.count)

    /// Makes counts of zero.
    public init() {}

    /// The count of one case.
    public subscript(_ kind: Kind) -> Int {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }

    /// The counts of all cases.
    public var total: Int { counts.reduce(0, +) }

    /// The case with the largest count, on a tie the first; nil where all are 0.
    public var largest: Kind? {
        total == 0 ? nil : Kind.allCases.max { (self[$0], $1.rawValue) < (self[$1], $0.rawValue) }
    }

    /// Adds other counts, case by case.
    public static func += (a: inout Tally, b: Tally) {
        for i in a.counts.indices { a.counts[i] += b.counts[i] }
    }
}
