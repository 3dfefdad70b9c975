/// The shape of a convolution or linear layer, in elements.
///
/// A linear layer is a 1 x 1 convolution of a 1 x 1 map: its features are channels, the rows of its batch are images.
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
    /// Rows of zeros above and below the map.
    public var paddingHeight = 0
    /// Columns of zeros left and right of the map.
    public var paddingWidth = 0
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

    /// Rows of the output map (Ho).
    public var outputHeight: Int {
        (height + 2 * paddingHeight - dilationHeight * (kernelHeight - 1) - 1) / strideHeight + 1
    }

    /// Columns of the output map (Wo).
    public var outputWidth: Int {
        (width + 2 * paddingWidth - dilationWidth * (kernelWidth - 1) - 1) / strideWidth + 1
    }

    /// Input channels of one group.
    public var groupChannels: Int { channels / groups }

    /// Filters of one group.
    public var groupFilters: Int { filters / groups }

    /// Taps of the kernel (R * S).
    public var taps: Int { kernelHeight * kernelWidth }

    /// Multiplications of the dense direct convolution: N * K * Ho * Wo * C/groups * R * S.
    public var denseMultiplies: Int {
        batch * filters * outputHeight * outputWidth * groupChannels * taps
    }
}
