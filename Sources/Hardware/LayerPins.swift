import Files
import YAML

/// What of the mapping is fixed for the layers whose names match a pattern: a line of `mapping.layers`. What is nil is not fixed.
public struct LayerPins: Hashable, Sendable {
    /// The layers' names.
    public var pattern: Glob
    /// How they are computed.
    public var algorithm: AlgorithmChoice?
    /// The output tile's edge under Winograd.
    public var tile: Int?
    /// What one reduction step holds.
    public var step: StepForm?
    /// Channels of a step under `channels`.
    public var stepWidth: Int?
    /// Filters that a row holds in a pass, up to those of the hardware.
    public var filtersPerPE: Int?
    /// Tiles that a column holds in a pass, up to those of the hardware.
    public var tilesPerPE: Int?
    /// The order in which filters fill the rows.
    public var balance: Balance?
    /// The order of passes.
    public var loopOrder: LoopOrder?
    /// Groups of a block of passes.
    public var loopBlock: Int?
    /// Groups of a strip.
    public var loopStrip: Int?
    /// The order of steps under `channels`.
    public var stepOrder: StepOrder?
    /// Where the values were set.
    public var places = SettingPlaces()

    /// Fixes nothing.
    public init(_ pattern: Glob) { self.pattern = pattern }

    /// Adds what other pins fix, which replaces what these do.
    mutating func add(_ other: LayerPins) {
        algorithm = other.algorithm ?? algorithm
        tile = other.tile ?? tile
        step = other.step ?? step
        stepWidth = other.stepWidth ?? stepWidth
        filtersPerPE = other.filtersPerPE ?? filtersPerPE
        tilesPerPE = other.tilesPerPE ?? tilesPerPE
        balance = other.balance ?? balance
        loopOrder = other.loopOrder ?? loopOrder
        loopBlock = other.loopBlock ?? loopBlock
        loopStrip = other.loopStrip ?? loopStrip
        stepOrder = other.stepOrder ?? stepOrder
    }
}

extension Mapping {
    /// What is fixed for a layer: of several patterns that match, the later one's keys replace the earlier ones'.
    public func pins(of layer: String) -> LayerPins? {
        var pins: LayerPins?
        for line in layers where line.pattern.matches(layer) {
            if pins == nil { pins = line } else { pins?.add(line) }
        }
        return pins
    }
}

extension Configuration {
    /// The machine with what is fixed for a layer of steps, PEs and orders in the place of what is for all.
    public func pinned(_ pins: LayerPins?) -> Configuration {
        guard let pins else { return self }
        var machine = self
        machine.mapping.step = pins.step ?? mapping.step
        machine.mapping.stepWidth = pins.stepWidth ?? mapping.stepWidth
        machine.mapping.loopOrder = pins.loopOrder ?? mapping.loopOrder
        machine.mapping.loopBlock = pins.loopBlock ?? mapping.loopBlock
        machine.mapping.loopStrip = pins.loopStrip ?? mapping.loopStrip
        machine.mapping.stepOrder = pins.stepOrder ?? mapping.stepOrder
        machine.peArray.filtersPerPE = pins.filtersPerPE ?? peArray.filtersPerPE
        machine.peArray.tilesPerPE = pins.tilesPerPE ?? peArray.tilesPerPE
        machine.peArray.balance = pins.balance ?? peArray.balance
        return machine
    }

    /// Checks what is fixed for layers against the hardware.
    ///
    /// - Throws: `InputError` at the key that asks for what the hardware cannot do.
    func checkPins() throws {
        for pins in mapping.layers {
            let limits: [(key: String, value: Int?, most: Int, what: String)] = [
                ("filters_per_pe", pins.filtersPerPE, peArray.filtersPerPE, "pe_array.filters_per_pe"),
                ("tiles_per_pe", pins.tilesPerPE, peArray.tilesPerPE, "pe_array.tiles_per_pe"),
                ("step_width", pins.stepWidth, maskBits, "the bits of a PE's mask, by mapping.step_width and step"),
            ]
            for (key, value, most, what) in limits {
                if let value, value > most {
                    throw pins.places.error(
                        "mapping.layers \(quoted(pins.pattern.text)): \(key) is \(value), and the hardware has \(most) "
                            + "(\(what)); expected 1 to \(most)", at: [key])
                }
            }
            if let tile = pins.tile, !mapping.tileSizes.contains(tile) {
                let sizes = mapping.tileSizes.map(String.init).formattedChoice
                throw pins.places.error(
                    "mapping.layers \(quoted(pins.pattern.text)): tile is \(tile), and the transform units have \(sizes) "
                        + "(mapping.tiles); expected \(sizes)", at: ["tile"])
            }
        }
    }
}

extension LayerPins: ConfigurationSection {
    static var fields: [Field<LayerPins>] {
        [
            .optionalChoice("algorithm", \.algorithm), .optionalInteger("tile", \.tile, in: 1...7),
            .optionalChoice("step", \.step), .optionalInteger("step_width", \.stepWidth, in: 1...64),
            .optionalInteger("filters_per_pe", \.filtersPerPE, in: 1...64),
            .optionalInteger("tiles_per_pe", \.tilesPerPE, in: 1...64), .optionalChoice("balance", \.balance),
            .optionalChoice("loop_order", \.loopOrder),
            .optionalInteger("loop_block", \.loopBlock, in: 1...1_000_000),
            .optionalInteger("loop_strip", \.loopStrip, in: 1...1_000_000),
            .optionalChoice("step_order", \.stepOrder),
        ]
    }
}

extension Field {
    /// What is fixed for layers: a mapping from patterns to the keys of `LayerPins`.
    static func layerPins(_ name: String, _ path: WritableKeyPath<Section, [LayerPins]>) -> Field {
        Field(name: name) { node, section in
            guard let entries = node.entries else {
                throw node.error(
                    "found \(node.found) as \(name), expected patterns of layers: {\"conv4_*\": {algorithm: direct}}")
            }
            section[keyPath: path] = try entries.map { entry in
                guard !entry.name.isEmpty else {
                    throw entry.key.error("found an empty pattern, expected a layer's name")
                }
                var pins = LayerPins(Glob(entry.name))
                try pins.read(entry.value, what: "\(name) \(quoted(entry.name))")
                pins.places = SettingPlaces(entry.value)
                return pins
            }
        } write: { section in
            let lines = section[keyPath: path].map { pins in
                let keys = LayerPins.fields.compactMap { field in
                    let value = field.write(pins)
                    return value.isEmpty ? nil : "\(field.name): \(value)"
                }
                return "\(yamlScalar(pins.pattern.text)): {\(keys.joined(separator: ", "))}"
            }
            return "{\(lines.joined(separator: ", "))}"
        }
        .typed("patterns of layers", range: LayerPins.fields.map(\.name).joined(separator: ", "))
    }
}

extension Field<LayerPins> {
    /// One of an enumeration's names; written as nothing where it is not set.
    fileprivate static func optionalChoice<E: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<LayerPins, E?>
    ) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.choice(E.self, what: name)
        } write: {
            $0[keyPath: path]?.rawValue ?? ""
        }
    }

    /// A whole number within bounds; written as nothing where it is not set.
    fileprivate static func optionalInteger(
        _ name: String, _ path: WritableKeyPath<LayerPins, Int?>, in range: ClosedRange<Int>
    ) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.integer(in: range)
        } write: {
            $0[keyPath: path].map(String.init) ?? ""
        }
    }
}
