/// The shape of a convolution or linear layer, in elements.
///
/// A linear layer is a 1 x 1 convolution of a 1 x 1 map: its features are channels, the rows of its batch are images. A transposed
/// convolution is one of its input with zeros inserted.
public struct LayerShape: Hashable, Sendable {
    /// Images (N).
    public var batch = 1
    /// Input channels over all groups (C).
    public var channels: Int
    /// Rows of the input map (H).
    public var height = 1
    /// Columns of the input map (W).
    public var width = 1
    /// Output channels over all groups (K).
    public var filters: Int
    /// Rows of the kernel (R).
    public var kernelHeight = 1
    /// Columns of the kernel (S).
    public var kernelWidth = 1
    /// Rows between two outputs.
    public var strideHeight = 1
    /// Columns between two outputs.
    public var strideWidth = 1
    /// Rows of zeros above the map.
    public var paddingHeight = 0
    /// Columns of zeros left of the map.
    public var paddingWidth = 0
    /// Rows of zeros below the map; nil for as many as above.
    public var paddingBottom: Int?
    /// Columns of zeros right of the map; nil for as many as left.
    public var paddingRight: Int?
    /// Rows from one row of the layer's input to the next: in a transposed convolution its stride, with rows of zeros between; else 1.
    public var insertionHeight = 1
    /// Columns from one column of the layer's input to the next, likewise.
    public var insertionWidth = 1
    /// Rows between two taps.
    public var dilationHeight = 1
    /// Columns between two taps.
    public var dilationWidth = 1
    /// Groups of channels that do not mix.
    public var groups = 1

    /// Makes a 1 x 1 layer of the given channels and filters; set what differs.
    public init(channels: Int, filters: Int) {
        self.channels = channels
        self.filters = filters
    }

    /// Rows of the map with its padding.
    public var paddedHeight: Int { height + paddingHeight + (paddingBottom ?? paddingHeight) }

    /// Columns of the map with its padding.
    public var paddedWidth: Int { width + paddingWidth + (paddingRight ?? paddingWidth) }

    /// Rows of the output map (Ho).
    public var outputHeight: Int {
        (paddedHeight - dilationHeight * (kernelHeight - 1) - 1) / strideHeight + 1
    }

    /// Columns of the output map (Wo).
    public var outputWidth: Int {
        (paddedWidth - dilationWidth * (kernelWidth - 1) - 1) / strideWidth + 1
    }

    /// Input channels of one group.
    public var groupChannels: Int { channels / groups }

    /// Filters of one group.
    public var groupFilters: Int { filters / groups }

    /// Taps of the kernel (R * S).
    public var taps: Int { kernelHeight * kernelWidth }

    /// Whether zeros are inserted between the pixels of the input.
    public var isTransposed: Bool { insertionHeight != 1 || insertionWidth != 1 }

    /// Multiplications of the dense direct convolution: N * K * Ho * Wo * C/groups * R * S. Of a transposed one, whose inserted zeros
    /// are not multiplied: N * C * Hi * Wi * K/groups * R * S, with the size of its input before the insertion.
    public var denseMultiplies: Int {
        if isTransposed {
            let pixels = ((height - 1) / insertionHeight + 1) * ((width - 1) / insertionWidth + 1)
            return batch * channels * pixels * groupFilters * taps
        }
        return batch * filters * outputHeight * outputWidth * groupChannels * taps
    }
}
