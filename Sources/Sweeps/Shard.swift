/// Every N-th point of a sweep: what one task of a job array does.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
    /// From 1 to `count`.
    public let index: Int
    /// Shards of the sweep.
    public let count: Int

    /// The whole sweep.
    public static let whole = Shard(uncheckedIndex: 1, of: 1)

    private init(uncheckedIndex index: Int, of count: Int) { (self.index, self.count) = (index, count) }

    /// Reads `I/N`; nil where it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], (1...100_000).contains(count),
            (1...count).contains(index)
        else { return nil }
        self.init(uncheckedIndex: index, of: count)
    }

    /// Whether a point belongs to it.
    func holds(_ number: Int) -> Bool { (number - 1) % count == index - 1 }

    /// `2/4`.
    public var description: String { "\(index)/\(count)" }
}
