import Files
import YAML

/// An operation that does not multiply and is fused into no layer.
public struct StandaloneOperation: Sendable, Equatable {
    /// What it does to its operands.
    public enum Kind: String, CaseIterable, Sendable {
        /// Windows of a map become one value each.
        case pool
        /// Values become others one by one, alone or with their neighbours of a row.
        case elementwise
        /// Values change their place.
        case move
    }

    /// Its name, unique among inputs, layers and operations.
    public let name: String
    /// What it does.
    public let kind: Kind
    /// The source's own name of it: `max_pool2d`.
    public let source: String
    /// Its producers.
    public let inputs: [String]
    /// The sizes of its operands: those of the producers first, then constants.
    public let inputShapes: [[Int]]
    /// The sizes of its results.
    public let outputShapes: [[Int]]
    /// Values of a pool's window; nil for another operation, and where the source does not say.
    public let window: Int?
    /// Bytes read, in the model's type; nil for another batch than the one that ran.
    public let bytesRead: Int?
    /// Bytes written.
    public let bytesWritten: Int?
    /// Where the manifest describes it.
    public let mark: Mark?

    /// Makes an operation in memory, for library use.
    public init(
        name: String, kind: Kind, source: String, inputs: [String] = [], inputShapes: [[Int]] = [],
        outputShapes: [[Int]] = [], window: Int? = nil, bytesRead: Int?, bytesWritten: Int?
    ) {
        (self.name, self.kind, self.source, self.inputs) = (name, kind, source, inputs)
        (self.inputShapes, self.outputShapes, self.window) = (inputShapes, outputShapes, window)
        (self.bytesRead, self.bytesWritten, mark) = (bytesRead, bytesWritten, nil)
    }

    init(_ node: Node) throws {
        let keys = try MappingDecoder(node, what: "the operation")
        name = try keys.required("name").string()
        kind = try keys.required("operation").choice(Kind.self, what: "the operation")
        source = try keys.required("kind").string()
        inputs = try keys.required("inputs").elements().map { try $0.string() }
        inputShapes = try keys.required("input").elements().map(Self.shape)
        outputShapes = try keys.required("output").elements().map(Self.shape)
        let bytes = try MappingDecoder(keys.required("bytes"), what: "bytes")
        bytesRead = try bytes.required("read").integer(in: 0...Int.max)
        bytesWritten = try bytes.required("written").integer(in: 0...Int.max)
        try bytes.finish()
        window = try keys.optional("kernel").map { [kind, inputShapes] in
            guard kind == .pool else { throw $0.error("a kernel goes with a pool, found it with \(kind.rawValue)") }
            return try Self.window($0, on: inputShapes.first ?? [])
        }
        try keys.finish()
        mark = node.mark
    }

    /// The same without shapes and bytes: those of another batch are not known.
    var withoutSizes: StandaloneOperation {
        StandaloneOperation(
            name: name, kind: kind, source: source, inputs: inputs, bytesRead: nil, bytesWritten: nil)
    }

    /// The sizes of a value, which has at most 2^40 elements.
    static func shape(_ node: Node) throws -> [Int] {
        let sizes = try node.elements().map { try $0.integer(in: 0...Layer.productLimit) }
        // A size of 0 hides no others.
        var elements = 1
        for size in sizes {
            let (product, overflow) = elements.multipliedReportingOverflow(by: max(1, size))
            guard !overflow, product <= Layer.productLimit else {
                throw node.error(
                    "\(sizes.map(String.init).joined(separator: " * ")) is too large; at most 2^40 is expected")
            }
            elements = product
        }
        return sizes
    }

    /// The values of a pool's window, which has to fit the padded map.
    ///
    /// - Parameter shape: the sizes of the pool's operand, rows and columns last.
    private static func window(_ node: Node, on shape: [Int]) throws -> Int {
        let sizes = try MappingDecoder(node, what: "kernel")
        func pair(_ key: String, _ usual: Int) throws -> [Int] {
            guard let value = sizes.optional(key) else { return [usual, usual] }
            let range = usual...Layer.productLimit
            guard case .sequence(let elements) = value.content else {
                let number = try value.integer(in: range)
                return [number, number]
            }
            guard elements.count == 2 else {
                throw value.error("found a list of \(elements.count), expected one number or [height, width]")
            }
            return try elements.map { try $0.integer(in: range) }
        }
        let sides = try ["height", "width"].map {
            try sizes.optional($0)?.integer(in: 1...Layer.productLimit) ?? 1
        }
        let (padding, dilation) = (try pair("padding", 0), try pair("dilation", 1))
        _ = try pair("stride", 1)
        try sizes.finish()
        for (axis, what) in ["rows", "columns"].enumerated() where shape.count >= 4 - axis {
            let map = shape[shape.count - 2 + axis]
            // Both factors are at most 2^40 and may multiply to more than fits.
            let (reach, overflow) = (sides[axis] - 1).multipliedReportingOverflow(by: dilation[axis])
            // Where padding differs by one at the two ends, the manifest has the smaller one.
            guard !overflow, reach <= map + 2 * padding[axis] else {
                throw node.error(
                    "the window spans \(overflow ? "more than 2^63" : "\(reach + 1)") \(what), the padded map has "
                        + "\(map + 2 * padding[axis]); expected at most as many")
            }
        }
        let (area, overflow) = sides[0].multipliedReportingOverflow(by: sides[1])
        guard !overflow, area <= Layer.productLimit else {
            throw node.error("a window of \(sides[0]) x \(sides[1]) is too large; at most 2^40 values are expected")
        }
        return area
    }
}
