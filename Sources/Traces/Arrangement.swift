import Tensors

/// How the tensors of a layer become those of a convolution.
///
/// A matrix product of B pairs [M, K] x [K, N] is a 1 x 1 convolution of an M x 1 map in B groups of K channels and N filters. A
/// transposed convolution is one of its input with `stride - 1` zeros between the pixels, and of its kernel turned around.
enum Arrangement {
    /// As the files have them.
    case plain
    /// Of B products.
    case matmul(batch: Int)
    case transposed(groups: Int, stride: (height: Int, width: Int))

    /// Of a layer of this shape, which is that of the convolution.
    init(_ operation: Operation, _ shape: LayerShape) {
        switch operation {
        case .convolution, .linear: self = .plain
        case .matmul: self = .matmul(batch: shape.groups)
        case .transposedConvolution:
            self = .transposed(groups: shape.groups, stride: (shape.insertionHeight, shape.insertionWidth))
        }
    }

    /// What one of the layer's tensors is.
    enum Role {
        case weights
        case activations
        case outputs
    }

    /// The sizes of a tensor in its file, with their names; nil where the convolution's are asked for.
    func stored(_ role: Role, _ shape: LayerShape) -> Dimensions? {
        switch (self, role) {
        case (.plain, _), (.transposed, .outputs): nil
        case (.matmul(let batch), .activations):
            Dimensions(["B", "M", "K"], [batch, shape.height, shape.groupChannels])
        case (.matmul(let batch), .weights):
            Dimensions(["B", "K", "N"], [batch, shape.groupChannels, shape.groupFilters])
        case (.matmul(let batch), .outputs):
            Dimensions(["B", "M", "N"], [batch, shape.height, shape.groupFilters])
        case (.transposed(_, let stride), .activations):
            Dimensions(
                ["N", "C", "H", "W"],
                [
                    shape.batch, shape.channels, (shape.height - 1) / stride.height + 1,
                    (shape.width - 1) / stride.width + 1,
                ])
        case (.transposed, .weights):
            Dimensions(
                ["C", "K/groups", "R", "S"],
                [shape.channels, shape.groupFilters, shape.kernelHeight, shape.kernelWidth])
        }
    }

    /// A tensor of its stored sizes as a convolution takes it.
    func arranged(_ tensor: Tensor, _ role: Role) -> Tensor {
        let shape = tensor.shape
        switch (self, role) {
        case (.plain, _), (.transposed, .outputs): return tensor
        case (.matmul, .activations), (.matmul, .outputs):
            return tensor.permuted([0, 2, 1]).reshaped([1, shape[0] * shape[2], shape[1], 1])
        case (.matmul, .weights): return tensor.permuted([0, 2, 1]).reshaped([shape[0] * shape[2], shape[1], 1, 1])
        case (.transposed(_, let stride), .activations):
            return tensor.zerosInserted(rows: stride.height, columns: stride.width)
        case (.transposed(let groups, _), .weights):
            return tensor.reshaped([groups, shape[0] / groups, shape[1], shape[2], shape[3]]).permuted([0, 2, 1, 3, 4])
                .reshaped([groups * shape[1], shape[0] / groups, shape[2], shape[3]]).reversed([2, 3])
        }
    }
}

extension LayerShape {
    /// A padding of a transposed convolution, top, left, bottom and right, and an output padding that make the same outputs: what the
    /// padding of the inserted zeros leaves of d (R - 1), and what that has more.
    public var transposedPadding: (padding: [Int], output: [Int]) {
        let (rows, columns) = (dilationHeight * (kernelHeight - 1), dilationWidth * (kernelWidth - 1))
        let ends = [rows - (paddingBottom ?? paddingHeight), columns - (paddingRight ?? paddingWidth)]
        return (
            [rows - paddingHeight, columns - paddingWidth] + ends.map { max(0, $0) }, ends.map { max(0, -$0) }
        )
    }
}
