import DRAM
import Files
import YAML

/// Everything that describes one accelerator. The initial values are the defaults that a YAML file starts from.
public struct Configuration: Hashable, Sendable {
    /// What reports call this machine.
    public var name = "defaults"
    /// The accelerator's clock.
    public var clock = Hertz.megahertz(800)
    /// Widths of the operands.
    public var datatype = Datatype()
    /// The multipliers, and how work reaches them.
    public var peArray = PEArray()
    /// The buffer from which weights are broadcast along the rows.
    public var weightBuffer = OperandBuffer(bandwidth: Bytes(384))
    /// The buffer from which inputs are broadcast along the columns.
    public var inputBuffer = OperandBuffer(bandwidth: Bytes(192))
    /// The one buffer that both operands share; none as a default.
    public var operandBuffer = SharedBuffer()
    /// The buffer in which outputs wait for the memory.
    public var outputBuffer = OutputBuffer()
    /// The units that make `B^T d B` of an input patch.
    public var inputTransform = InputTransform()
    /// The units that make `A^T M A` of a pair's accumulators, and through which direct layers leave too.
    public var outputTransform = OutputTransform()
    /// The unit that runs what does not multiply.
    public var vectorUnit = VectorUnit()
    /// How layers are laid on the machine.
    public var mapping = Mapping()
    /// The memory behind the buffers.
    public var dram = Memory.ideal
    /// Where energies come from.
    public var energy = EnergySource()
    /// Where the values were set.
    public var places = SettingPlaces()

    /// Makes the default machine.
    public init() {}

    /// Width of a port of the output buffer's banks, in whole bytes: together they take what the output units make in a cycle,
    /// the square of the largest tile a unit, or one where all layers run direct.
    public var outputPort: Bytes {
        let perUnit = mapping.algorithm == .direct ? 1 : mapping.largestTile * mapping.largestTile
        let bits = outputTransform.units * perUnit * datatype.activations
        let perCycle = (bits + outputTransform.interval - 1) / outputTransform.interval
        return Bytes((perCycle + 8 * outputBuffer.banks - 1) / (8 * outputBuffer.banks))
    }

    /// Bits of a mask that a PE holds (the largest P): 3x3 kernels under the largest tile, and `mapping.stepWidth` channels.
    public var maskBits: Int {
        let edge = mapping.algorithm == .direct ? 3 : mapping.largestTile + 2
        return mapping.step == .positions ? max(edge * edge, mapping.stepWidth) : mapping.stepWidth
    }

    /// All multipliers of the array.
    public var multipliers: Int { peArray.rows * peArray.columns * peArray.multipliers }
}

/// How the bits of a value are read.
public enum NumberFormat: String, CaseIterable, Hashable, Sendable {
    /// Integers, or fixed point: the same multipliers and adders.
    case integer
    /// IEEE 754: fp16 at 16 bit, fp32 at 32 bit.
    case float
    /// bf16 at 16 bit, fp32 at 32 bit.
    case bfloat

    /// Bits of the significand of a floating-point value, the hidden bit counted; nil for an integer, or where the format has
    /// no such width.
    public func significand(width: Int) -> Int? {
        switch (self, width) {
        case (.float, 16): 11
        case (.bfloat, 16): 8
        case (.float, 32), (.bfloat, 32): 24
        default: nil
        }
    }
}

/// Which values of an operand share a scale when they are rounded to integers under Winograd's algorithm.
public enum WinogradScales: String, CaseIterable, Hashable, Sendable {
    /// All.
    case tensor
    /// Those of one position of the tile.
    case position
    /// Those of one position, whose scale is a power of two.
    case powerOfTwo = "power_of_two"
}

/// Widths of the operands, in bits.
public struct Datatype: Hashable, Sendable {
    /// How the bits are read; it counts for the energy and the area of arithmetic alone.
    public var format = NumberFormat.integer
    /// Bits of a weight, in either domain.
    public var weights = 16
    /// Bits of an activation, in either domain.
    public var activations = 16
    /// Bits of an accumulator.
    public var accumulators = 32
    /// Whether operands are rounded to their width in the domain in which they are multiplied.
    public var quantize = false
    /// Which values share a scale then, under Winograd's algorithm.
    public var winogradScales = WinogradScales.tensor

    /// Makes the default widths.
    public init() {}
}

/// The PE array: `rows` x `columns` processing elements, each with its FIFO, multipliers and accumulators.
public struct PEArray: Hashable, Sendable {
    /// Rows of PEs; a row holds `filtersPerPE` filters.
    public var rows = 16
    /// Columns of PEs; a column holds `tilesPerPE` tiles.
    public var columns = 16
    /// Filters that a PE owns in a pass (Q).
    public var filtersPerPE = 2
    /// Tiles that a PE owns in a pass (T).
    public var tilesPerPE = 1
    /// Multipliers of a PE (M).
    public var multipliers = 4
    /// Step entries that a PE's FIFO holds (D).
    public var fifoDepth = 8
    /// Entries at the head of the FIFO from which products of one cycle are taken (L).
    public var lookahead = 2
    /// Steps that one broadcast carries (S).
    public var broadcastSteps = 1
    /// Sets of accumulators (A): with two, one drains while the other fills.
    public var accumulatorSets = 2
    /// Cycles by which a full FIFO is noticed late (c).
    public var stallLatency = 1
    /// Stages from dispatch to accumulator (pl).
    public var pipeline = 4
    /// Which products are executed.
    public var zeroSkipping = ZeroSkipping.both
    /// Whether executed products with a zero operand cost no multiply energy.
    public var gating = false
    /// Which steps are left out of a pass.
    public var skipEmptySteps = EmptySteps.weights
    /// The order in which filters fill the rows.
    public var balance = Balance.pairs

    /// Makes the default array.
    public init() {}
}

/// Which products a PE executes.
public enum ZeroSkipping: String, CaseIterable, Hashable, Sendable {
    /// Those of two operands that are not zero.
    case both
    /// Those whose weight is not zero.
    case weights
    /// Those whose activation is not zero.
    case activations
    /// All, padding included.
    case none

    /// Whether weights go to the array as a mask and the non-zero ones.
    public var masksWeights: Bool { self == .both || self == .weights }

    /// Whether activations go to the array as a mask and the non-zero ones.
    public var masksActivations: Bool { self == .both || self == .activations }
}

/// Which steps of a pass are known to be empty before the run and left out.
public enum EmptySteps: String, CaseIterable, Hashable, Sendable {
    /// No step is left out.
    case none
    /// Steps in which every mapped filter's weights are zero.
    case weights
}

/// The order in which filters fill the rows of the array.
public enum Balance: String, CaseIterable, Hashable, Sendable {
    /// The filters' own order.
    case none
    /// By the number of non-zero weights, most first.
    case density
    /// By density, dealt to the rows in a snake: a dense filter stands with a sparse one.
    case pairs
}

/// A buffer that feeds the array.
public struct OperandBuffer: Hashable, Sendable {
    /// What it holds.
    public var capacity = Bytes.kibibytes(512)
    /// What is loaded and held at a time; nil for 4 KiB, or a quarter of a smaller buffer.
    public var chunk: Bytes?
    /// Bytes it delivers a cycle.
    public var bandwidth: Bytes
    /// Banks it is built from.
    public var banks = 32
    /// Bundles that are fetched ahead of their issue (F).
    public var prefetch = 2
    /// How operands are stored in it.
    public var encoding = Encoding.bitmask

    /// What is loaded and held at a time, chosen or not.
    public var chunkSize: Bytes { chunk ?? Bytes(min(4096, max(1, capacity.count / 4))) }

    /// Width of a bank's port: an equal share of the bandwidth, in whole bytes.
    public var port: Bytes { Bytes((bandwidth.count + banks - 1) / banks) }

    /// Makes a buffer of the default size with the given bandwidth.
    public init(bandwidth: Bytes) { self.bandwidth = bandwidth }
}

/// The buffer in which outputs wait for the memory.
public struct OutputBuffer: Hashable, Sendable {
    /// What it holds.
    public var capacity = Bytes.kibibytes(128)
    /// Banks it is built from.
    public var banks = 8

    /// Makes the default output buffer.
    public init() {}
}

/// Where the input transform stands.
public enum Placement: String, CaseIterable, Hashable, Sendable {
    /// Between DRAM and the input buffer: a patch is transformed once a load.
    case load
    /// Between the input buffer and the array: a patch is transformed each time it is broadcast.
    case read
}

/// The input transform units.
public struct InputTransform: Hashable, Sendable {
    /// Units at work side by side.
    public var units = 16
    /// Cycles from one tile to the next in a unit.
    public var interval = 1
    /// Cycles from a tile's entry to its result.
    public var latency = 2
    /// Where they stand.
    public var placement = Placement.load

    /// Makes the default input transform.
    public init() {}
}

/// The output transform units.
public struct OutputTransform: Hashable, Sendable {
    /// Units at work side by side.
    public var units = 16
    /// Cycles from one pair to the next in a unit.
    public var interval = 1
    /// Cycles from a pair's entry to its outputs.
    public var latency = 2

    /// Makes the default output transform.
    public init() {}
}

/// How a layer is computed.
public enum AlgorithmChoice: String, CaseIterable, Hashable, Sendable {
    /// Winograd where it applies, at the tile that the operands belong to; else direct.
    case auto
    /// Winograd where it applies, at `Mapping.tile`; else direct.
    case winograd
    /// Direct convolution.
    case direct
}

/// What one reduction step holds.
public enum StepForm: String, CaseIterable, Hashable, Sendable {
    /// All positions (or taps) of one channel.
    case positions
    /// `stepWidth` channels at one position (or tap).
    case channels
}

/// The order of a layer's passes.
public enum LoopOrder: String, CaseIterable, Hashable, Sendable {
    /// The one that moves the fewest bytes.
    case auto
    /// The one that is estimated to end first.
    case fast
    /// Filter blocks outside.
    case weights
    /// Tile blocks outside.
    case inputs
}

/// The order of a pass's steps where they hold channels.
public enum StepOrder: String, CaseIterable, Hashable, Sendable {
    /// Channels outside, which moves the fewest bytes; positions where all operands are on chip.
    case auto
    /// Positions, or taps, outside.
    case positions
    /// Slices of channels outside.
    case channels
}

/// How a layer's mapping is found.
public enum MappingGoal: String, CaseIterable, Hashable, Sendable {
    /// The mapping as written.
    case none
    /// The one with the fewest cycles, of those that the hardware can do.
    case cycles
    /// The one with the least energy.
    case energy
    /// The one with the least product of energy and cycles.
    case edp

    /// Whether energies are asked for.
    public var needsEnergy: Bool { self == .energy || self == .edp }
}

/// How layers are laid on the machine.
public struct Mapping: Hashable, Sendable {
    /// What each layer's mapping is chosen for.
    public var search = MappingGoal.none
    /// How layers are computed.
    public var algorithm = AlgorithmChoice.auto
    /// The output tile's edge m under Winograd.
    public var tile = 2
    /// The edges that the transform units have, in rising order; empty where `tile` is the only one.
    public var tiles: [Int] = []
    /// What one reduction step holds.
    public var step = StepForm.channels
    /// Channels of a step under `channels` (w).
    public var stepWidth = 16
    /// The order of passes.
    public var loopOrder = LoopOrder.auto
    /// Groups of a block of passes; nil where a layer chooses.
    public var loopBlock: Int?
    /// Groups of a strip of the operand that stands inside; nil where a layer chooses.
    public var loopStrip: Int?
    /// The order of steps under `channels`.
    public var stepOrder = StepOrder.auto
    /// How activations are stored in DRAM.
    public var activationStorage = ActivationStorage.bitmask
    /// What is fixed for layers by their names, in the order in which it was written.
    public var layers: [LayerPins] = []

    /// Makes the default mapping.
    public init() {}

    /// The edges that the transform units have.
    public var tileSizes: [Int] { tiles.isEmpty ? [tile] : tiles }

    /// The largest of them, for which the hardware is built.
    public var largestTile: Int { tileSizes.reduce(tile, max) }
}

/// The memory behind the buffers.
public enum Memory: Hashable, Sendable {
    /// Everything is on chip when it is needed.
    case ideal
    /// A channel that moves `bytesPerCycle` bytes in a cycle of the accelerator, the first of a load `latency` cycles after its
    /// grant.
    case bandwidth(bytesPerCycle: Int, latency: Int)
    /// A DRAM of a published standard.
    indirect case standard(MemoryStandard)

    /// The DRAM with its controller; nil for a memory without a standard.
    public var dramConfiguration: DRAMConfiguration? {
        if case .standard(let standard) = self { standard.configuration } else { nil }
    }
}

/// A DRAM of a published standard, complete, and how it was described.
public struct MemoryStandard: Hashable, Sendable {
    /// The DRAM with its controller.
    public let configuration: DRAMConfiguration
    /// The keys that describe it with their values, as they were written, a line each.
    public let lines: [String]
    /// The mapping of the standard's preset, which has keys that no configuration writes; nil for a DRAM made in a program.
    public let preset: Node?
    /// The mapping that the keys stand in, for what shows only once all of them are read.
    let node: Node?

    /// Describes a DRAM that was made in a program.
    public init(_ configuration: DRAMConfiguration) {
        self.configuration = configuration
        lines = configuration.lines()
        preset = nil
        node = nil
    }

    /// Reads a description, without a look at what of it belongs together.
    init(_ node: Node, presets: DRAMPresets) throws {
        configuration = try DRAMConfiguration.decode(node, presets: presets, checksTogether: false)
        lines = (node.entries ?? []).map { "\($0.name): \($0.value.flow)" }
        preset = try node["standard"].map { try presets.preset($0).node }
        self.node = node
    }

    /// Two memories are the same where they are described in the same words and come to the same, wherever they stand.
    public static func == (a: MemoryStandard, b: MemoryStandard) -> Bool {
        a.lines == b.lines && a.configuration == b.configuration
    }

    /// Hashes the description.
    public func hash(into hasher: inout Hasher) { hasher.combine(lines) }
}

/// Where a value was set. Two machines are the same wherever their values were written, so all places are equal.
public struct SettingPlace: Hashable, Sendable {
    /// The value's place; nil for a default, or for a value set in a program.
    public var mark: Mark?

    /// Makes a place.
    public init(_ mark: Mark? = nil) { self.mark = mark }

    /// Calls `body`, and gives a file that cannot be read the place at which it is named.
    public func named<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch var error as FileError where error.mark == nil {
            error.mark = mark
            throw error
        }
    }

    /// All places are equal.
    public static func == (a: SettingPlace, b: SettingPlace) -> Bool { true }

    /// Adds nothing to a hash.
    public func hash(into hasher: inout Hasher) {}
}

/// Where energies come from.
public struct EnergySource: Hashable, Sendable {
    /// The technology node, in nanometres.
    public var technology = 45.0
    /// The logic's supply, in volts; nil for that of the table. SRAM keeps the supply of its device type.
    public var voltage: Double?
    /// The name of a table in `Configs/energy/`, or a file's path; in a configuration's file it is meant from there.
    public var table = "default"
    /// The transistors of the buffers.
    public var sram = SRAMDevice.lstp
    /// pJ a bit of a memory without a standard; nil for that of the table. A standard has figures of its own.
    public var memoryPerBit: Double?
    /// Where the table was named.
    public var tablePlace = SettingPlace()
    /// Where the technology was set, for what only the tables can find wrong with it.
    public var technologyPlace = SettingPlace()
    /// Where the voltage was set.
    public var voltagePlace = SettingPlace()
    /// Where the memory's energy was set.
    public var memoryPlace = SettingPlace()

    /// Makes the default source.
    public init() {}
}

/// The transistors of an SRAM: CACTI's ITRS device types, the same in arrays and periphery.
///
/// The choice changes the leakage by more than four orders of magnitude: a bank of 32 KiB at 45 nm leaks from 0.9 uW to 34 mW. It
/// depends on the rest of the chip, so winosim never chooses it.
public enum SRAMDevice: String, CaseIterable, Hashable, Sendable {
    /// Low standby power: high thresholds and a high supply. Least leakage, slow.
    case lstp
    /// Low operating power: a low supply. Least energy per access, medium leakage.
    case lop
    /// High performance: fast, with leakage at 350 K that can exceed the energy of accesses.
    case hp
}
