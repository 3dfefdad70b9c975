import Files
import Hardware
import Traces

/// The memory of the computer that a layer's simulation takes, estimated before any of it is taken.
///
/// The sum of what is held at once: operands, masks, what each pixel and each pass needs. In doubles, since an error in a shape
/// exceeds every integer. Measured, the program takes 0.5 to 1 times as much.
public struct MemoryNeed: Sendable {
    /// Bytes.
    public let bytes: Double

    /// Smaller needs are never refused.
    private static let small = 64.0 * 1024 * 1024
    /// What allocation and short-lived copies add to what is counted.
    private static let slack = 1.25
    /// A search of the mapping keeps the operands in several forms.
    private static let searching = 2.5

    /// Estimates what one layer takes.
    public init(_ form: LayerForm, configuration: Configuration) {
        let (layer, shape) = (form.layer, form.shape)
        let pixels = Double(form.grid.pixels)
        let tiles = Double(form.grid.tiles)
        let positions = Double(form.grid.positions)
        let groupChannels = Double(shape.groupChannels)
        let channels = Double(shape.channels)
        let filters = Double(shape.filters)
        var operands = pixels * channels
        // Under Winograd's algorithm a word of positions a channel of each tile and of each filter.
        operands +=
            form.isWinograd ? 8 * (channels * tiles + groupChannels * filters) : groupChannels * filters * positions
        // Values are read as doubles.
        if case .tensor = layer.weights { operands += 8 * groupChannels * filters * positions }
        if case .tensor = layer.activations { operands += 8 * channels * pixels / Double(shape.batch) }
        let layout = StepLayout(form, mapping: configuration.mapping)
        let array = configuration.peArray
        let groups = Double(shape.groups)
        let steps = Double(layout.steps)
        let masks = 8 * steps * (filters + groups * tiles)
        let perPixel = pixels * (16 + 4 + groups * Double(layout.slices)) + 24 * tiles
        let columnGroups = groups * (tiles / Double(array.columns * array.tilesPerPE)).rounded(.up)
        let rowGroups = (filters / groups / Double(array.rows * array.filtersPerPE)).rounded(.up)
        let lanes = OperandLayout(
            ArrayLayer(array: array, width: layout.width, updatesEveryProduct: false, filters: 1, tiles: 1))
        let columnWords = columnGroups / groups * steps * Double(lanes.columnVectors * lanes.columnWords) * 32
        let passes = columnGroups * rowGroups * 250 + columnGroups * steps * 32
        let held = (operands + masks + perPixel + columnWords + passes) * Self.slack
        bytes = configuration.mapping.search == .none ? held : held * Self.searching
    }

    /// Whether it fits what is free, and in words why not.
    ///
    /// - Parameter free: bytes; nil asks the operating system, where that matters.
    public func obstacle(free: Int? = nil) -> String? {
        guard bytes > Self.small else { return nil }
        let free = free ?? FreeMemory.bytes
        guard bytes > Double(free) else { return nil }
        return
            "takes about \(Self.text(bytes)) of memory, and \(Self.text(Double(free))) are free; split its batch or its map"
    }

    /// How many of some needs fit what is free at once, at least one.
    static func most(_ needs: [MemoryNeed]) -> Int? {
        guard let largest = needs.map(\.bytes).max(), largest > small else { return nil }
        return max(1, Int(Double(FreeMemory.bytes) / largest))
    }

    /// `1.5 GiB`, to a tenth; whole units from 100 on.
    private static func text(_ bytes: Double) -> String {
        var value = bytes
        var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        while value >= 1024, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        let number = value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
        return "\(number) \(units[units.startIndex])"
    }
}

extension MemoryNeed {
    /// Refuses layers that do not fit.
    ///
    /// - Returns: how many of the others may run at once; nil where that does not matter.
    /// - Throws: `InputError` at the first layer that does not fit alone.
    static func check(_ forms: [LayerForm], configuration: Configuration) throws -> Int? {
        let needs = forms.map { MemoryNeed($0, configuration: configuration) }
        for (form, need) in zip(forms, needs) {
            if let obstacle = need.obstacle() {
                throw InputError("layer '\(form.layer.name)' \(obstacle)", at: form.layer.mark)
            }
        }
        return most(needs)
    }
}
