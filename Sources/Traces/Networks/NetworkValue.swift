/// What an operation of a network makes of one image or sequence.
enum NetworkValue: Hashable, Sendable {
    /// Channels of height x width pixels.
    case map(channels: Int, height: Int, width: Int)
    /// Rows of features; those of a product of two operands belong to its groups, the heads, one behind the other.
    case rows(count: Int, features: Int, heads: Int)

    /// The sizes of its tensor.
    func shape(batch: Int) -> [Int] {
        switch self {
        case .map(let channels, let height, let width): [batch, channels, height, width]
        case .rows(let count, let features, 1): [batch, count, features]
        case .rows(let count, let features, let heads): [batch, heads, count, features / heads]
        }
    }

    /// Its elements; nil where they are more than 2^40.
    func elements(batch: Int) -> Int? { Self.product(shape(batch: batch)) }

    /// A product of sizes; nil where it is more than 2^40.
    static func product(_ sizes: [Int]) -> Int? {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow, next <= Layer.productLimit else { return nil }
            product = next
        }
        return product
    }

    /// Its sizes in words.
    var text: String {
        switch self {
        case .map(let channels, let height, let width): "\(channels) channels of \(height) x \(width)"
        case .rows(let count, let features, _): "\(count) rows of \(features) features"
        }
    }
}
