import Files

/// A typed view of bytes in row-major order, little-endian: cheap to copy, and it keeps what it looks at alive.
public struct Tensor: Sendable {
    /// The type of its elements.
    public let type: ElementType
    /// Its sizes, outermost first; none for a single element.
    public let shape: [Int]
    /// The number of its elements.
    public let count: Int
    private let storage: Storage
    private let offset: Int

    /// A view of `storage` from `offset` on; the caller has checked that the bytes are there.
    init(type: ElementType, shape: [Int], count: Int, storage: Storage, offset: Int) {
        self.type = type
        self.shape = shape
        self.count = count
        self.storage = storage
        self.offset = offset
    }

    /// A tensor in memory. The bytes must be those of the shape's elements.
    public init(type: ElementType, shape: [Int], bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Tensor(type: type, shape: shape, copying: $0) }
    }

    /// An F32 tensor in memory. The shape must be that of the values.
    public init(_ values: [Float], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .f32, shape: shape, copying: $0) }
    }

    /// A U64 tensor in memory. The shape must be that of the values.
    public init(_ values: [UInt64], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .u64, shape: shape, copying: $0) }
    }

    /// A U16 tensor in memory. The shape must be that of the values.
    public init(_ values: [UInt16], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .u16, shape: shape, copying: $0) }
    }

    private init(type: ElementType, shape: [Int], copying bytes: UnsafeRawBufferPointer) {
        let count = shape.reduce(1, *)
        precondition(bytes.count == count * type.byteWidth, "\(bytes.count) bytes for \(shape) of \(type.rawValue)")
        self.init(type: type, shape: shape, count: count, storage: Storage(copying: bytes), offset: 0)
    }

    /// Gives the bytes of the elements, which may stand at any alignment.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[offset..<offset + count * type.byteWidth])
        return try withExtendedLifetime(storage) { try body(bytes) }
    }
}
