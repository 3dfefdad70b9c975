/// Tensors whose elements lie in another order, or with zeros between them. Each is a copy in memory, of the same type.
extension Tensor {
    /// The same elements in other sizes, of the same product.
    public func reshaped(_ shape: [Int]) -> Tensor {
        precondition(shape.reduce(1, *) == count, "\(self.shape) as \(shape)")
        return withUnsafeBytes { Tensor(type: type, shape: shape, bytes: Array($0)) }
    }

    /// The tensor with its dimensions in another order: `axes[i]` is the dimension that becomes the i-th.
    public func permuted(_ axes: [Int]) -> Tensor {
        let strides = strides
        return gathered(axes.map { shape[$0] }, from: 0, strides: axes.map { strides[$0] })
    }

    /// The tensor with some dimensions from their end to their start.
    public func reversed(_ axes: [Int]) -> Tensor {
        guard count > 0 else { return self }
        var strides = strides
        var first = 0
        for axis in axes {
            first += strides[axis] * (shape[axis] - 1)
            strides[axis].negate()
        }
        return gathered(shape, from: first, strides: strides)
    }

    /// Maps `[..., H, W]` with zeros inserted: pixels lie `rows` and `columns` apart, and none follow the last ones.
    public func zerosInserted(rows: Int, columns: Int) -> Tensor {
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        let (tall, wide) = ((height - 1) * rows + 1, (width - 1) * columns + 1)
        let maps = count / (height * width)
        let bytesPerElement = type.byteWidth
        var bytes = [UInt8](repeating: 0, count: maps * tall * wide * bytesPerElement)
        withUnsafeBytes { source in
            for index in 0..<count {
                let (line, column) = index.quotientAndRemainder(dividingBy: width)
                let (map, row) = line.quotientAndRemainder(dividingBy: height)
                let target = ((map * tall + row * rows) * wide + column * columns) * bytesPerElement
                for byte in 0..<bytesPerElement { bytes[target + byte] = source[index * bytesPerElement + byte] }
            }
        }
        return Tensor(type: type, shape: shape.dropLast(2) + [tall, wide], bytes: bytes)
    }

    /// Elements from one index of each dimension to the next.
    private var strides: [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in strides.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// Elements read from a first one on, so far apart in each dimension.
    private func gathered(_ shape: [Int], from first: Int, strides: [Int]) -> Tensor {
        let bytesPerElement = type.byteWidth
        var bytes = [UInt8](repeating: 0, count: count * bytesPerElement)
        var index = [Int](repeating: 0, count: shape.count)
        var source = first
        withUnsafeBytes { elements in
            for target in 0..<count {
                for byte in 0..<bytesPerElement {
                    bytes[target * bytesPerElement + byte] = elements[source * bytesPerElement + byte]
                }
                // The next element in row-major order.
                var axis = shape.count - 1
                while axis >= 0 {
                    index[axis] += 1
                    source += strides[axis]
                    if index[axis] < shape[axis] { break }
                    source -= strides[axis] * shape[axis]
                    index[axis] = 0
                    axis -= 1
                }
            }
        }
        return Tensor(type: type, shape: shape, bytes: bytes)
    }
}
