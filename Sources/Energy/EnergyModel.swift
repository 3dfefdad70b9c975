import DRAM
import Engine
import Files
import Foundation
import Hardware

/// Turns activity counts into energies: counts times energy per action, component by component; and the machine into areas.
public struct EnergyModel: Sendable {
    /// The tables that it was made from.
    public let tables: EnergyTables
    /// The node and the supply that all logic is scaled to.
    public let point: OperatingPoint
    /// What the parts of the chip cover, component by component.
    public let areas: [AreaEntry]
    /// What does not fit together in the machine, in words: a bank that is slower than the clock.
    public let warnings: [String]
    /// The edge of a PE in mm: the pitch of the broadcast wires.
    public let pitch: Double
    /// The memory, where it is of a standard.
    private let memory: DRAMConfiguration?
    private let components: [any EnergyComponent]
    private let clockAndControl: ClockAndControl
    private let denseMultiply: EnergyFigure
    private let shape: MachineShape
    private let bankSupply: Double

    /// Makes the model of a machine.
    ///
    /// - Parameters:
    ///   - configuration: the machine.
    ///   - tables: those that the configuration's energy section names.
    /// - Throws: `InputError` where a table lacks a figure, or the node or the supply lies outside what can be scaled to.
    public init(configuration: Configuration, tables: EnergyTables) throws {
        self.tables = tables
        let dram = configuration.dram.dramConfiguration
        memory = dram
        let shape = MachineShape(configuration)
        let format = configuration.datatype.format
        let energy = configuration.energy
        let point = OperatingPoint(
            technology: energy.technology, voltage: energy.voltage ?? tables.table.point.voltage)
        self.point = point
        let needed = EnergyOperation.allCases.filter { format != .integer || !EnergyOperation.floating.contains($0) }
        let book = try Self.placed(configuration) {
            try FigureBook(
                tables.table, companion: tables.companion, at: point, scaling: tables.scaling, needed: needed)
        }
        let arithmetic = Arithmetic(book: book, format: format)
        let inPEs: [any EnergyComponent] = [
            Multipliers(arithmetic: arithmetic, shape: shape), Adders(arithmetic: arithmetic, shape: shape),
            AccumulatorRegisters(book: book, shape: shape), FIFOs(book: book, shape: shape),
            Selection(book: book, shape: shape),
        ]
        let peArea = inPEs.flatMap(\.areas).map(\.total).sum()
        let wires = BroadcastWires(
            book: book, shape: shape, peArea: SquareMicrometres(peArea.value / Double(shape.pes)))
        let besides: [any EnergyComponent] = [
            Codecs(book: book, shape: shape), InputTransformUnits(arithmetic: arithmetic, shape: shape),
            OutputTransformUnits(arithmetic: arithmetic, shape: shape),
            VectorUnits(arithmetic: arithmetic, shape: shape),
        ]
        let buffers = try Self.placed(configuration) { try Self.buffers(configuration, tables: tables) }
        let logic = (inPEs + besides).flatMap(\.areas)
        areas = logic + buffers.flatMap(\.areas)
        self.shape = shape
        warnings = buffers.compactMap(\.warning) + Self.unused(energy, dram)
        bankSupply = buffers[0].bank.supply
        pitch = wires.pitch
        components =
            inPEs + [wires] + besides + buffers + [
                DRAMDevices(
                    book: book, configuration: dram, perBit: energy.memoryPerBit,
                    encodings: (
                        weights: configuration.weightBuffer.encoding,
                        activations: configuration.mapping.activationStorage.encoding
                    )),
                Leakage(book: book, clock: configuration.clock, logic: logic),
            ]
        clockAndControl = ClockAndControl(book: book)
        denseMultiply = arithmetic.multiply(configuration.datatype.weights, configuration.datatype.activations)
    }

    /// The parts of all components that a machine can have, in the order of reports.
    public static let parts: [Component] = {
        let components: [any EnergyComponent.Type] = [
            Multipliers.self, Adders.self, AccumulatorRegisters.self, FIFOs.self, Selection.self, BroadcastWires.self,
            Codecs.self, InputTransformUnits.self, OutputTransformUnits.self, VectorUnits.self, Buffer.self,
            DRAMDevices.self, Leakage.self,
        ]
        return components.flatMap { $0.parts } + [ClockAndControl.part]
    }()

    /// What a layer took.
    public func energy(of layer: LayerActivity) -> LayerEnergy {
        let entries = components.flatMap { $0.entries(of: layer.activity, algorithm: layer.algorithm) }
        return LayerEnergy(
            layer: layer.name, entries: entries + [clockAndControl.entry(for: entries)],
            denseMultiply: denseMultiply.energy * layer.activity.workload.denseMultiplies)
    }

    /// What an operation that does not multiply took: entries of what it uses.
    public func energy(of operation: OperationActivity) -> LayerEnergy {
        let entries = components.flatMap { $0.entries(of: operation.activity, algorithm: nil) }.filter { $0.count > 0 }
        return LayerEnergy(
            layer: operation.name, entries: entries + [clockAndControl.entry(for: entries)], denseMultiply: .zero)
    }

    /// What every layer took, in the result's order, then every operation.
    public func energy(of result: TraceActivity) -> [LayerEnergy] {
        result.layers.map { energy(of: $0) } + result.operations.map { energy(of: $0) }
    }

    /// The tables that figures come from, a line each: what they hold, and where they are scaled to.
    public var origins: [String] {
        ([tables.table] + (tables.companion.map { [$0] } ?? [])).map { table in
            let scaled = table.point == point ? "" : ", scaled to \(point)"
            let name = ([table.name] + table.extended.map { "over \($0)" }).joined(separator: " ")
            return "\(name): \(table.description); \(table.point)\(scaled)"
        } + ["SRAM \(tables.sram.name)\(supply): \(tables.sram.source)"]
            + (memory.map { ["\($0.standard): \($0.energySource)"] } ?? [])
    }

    /// The supply of the banks where the logic's was set.
    private var supply: String {
        guard shape.configuration.energy.voltage != nil else { return "" }
        return " at its own supply of \(TechnologyScaling.volts(bankSupply))"
    }

    /// What is set and has no effect.
    private static func unused(_ energy: EnergySource, _ dram: DRAMConfiguration?) -> [String] {
        guard let dram, energy.memoryPerBit != nil else { return [] }
        return ["energy.memory_per_bit has no effect: \(dram.standard) has its own figures"]
    }

    /// What does not fit together in the machine, nor with the layers that ran on it, in words.
    public func warnings(for result: TraceActivity) -> [String] { warnings + shape.misfits(result.layers) }

    /// The chip's area, as far as the tables have it.
    public var totalArea: SquareMicrometres { areas.map(\.total).sum() }

    /// Calls `body`, and gives what lies outside a table the place at which the configuration asks for it.
    private static func placed<R>(_ configuration: Configuration, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as EnergyRangeError {
            let place =
                error.subject == .supply ? configuration.energy.voltagePlace : configuration.energy.technologyPlace
            throw InputError(error.message, at: place.mark)
        }
    }

    private static func buffers(_ configuration: Configuration, tables: EnergyTables) throws -> [Buffer] {
        func buffer(
            _ part: Component, _ capacity: Bytes, banks: Int, port: Bytes, portKeys: [String], _ encodings: [Encoding],
            _ accesses: @escaping @Sendable (Activity) -> BufferAccesses
        ) throws -> Buffer {
            let bank: SRAMBank
            do {
                bank = try tables.sram.bank(
                    capacity: Bytes((capacity.count + banks - 1) / banks), portBits: 8 * port.count,
                    technology: configuration.energy.technology, scaling: tables.scaling)
            } catch let error as EnergyRangeError where [.capacity, .port].contains(error.subject) {
                let keys = ["banks", "capacity"].map { "\(part.name).\($0)" }
                throw configuration.places.error(
                    "\(part.name): \(error.message)", at: error.subject == .port ? portKeys + keys : keys.reversed())
            }
            return Buffer(
                part: part, banks: banks, bank: bank, table: tables.sram.name, clock: configuration.clock,
                encodings: encodings, accesses: accesses)
        }
        let (weights, inputs) = (configuration.weightBuffer, configuration.inputBuffer)
        var buffers: [Buffer] = []
        if let shared = configuration.sharedBanks {
            buffers.append(
                try buffer(
                    Buffer.operands, Bytes(shared.count * shared.bank.count), banks: shared.count, port: shared.port,
                    portKeys: ["operand_buffer.port", "weight_buffer.bandwidth", "input_buffer.bandwidth"],
                    [weights.encoding, inputs.encoding]
                ) { BufferAccesses($0.weights, $0.inputs) })
        } else {
            buffers += [
                try buffer(
                    Buffer.weights, weights.capacity, banks: weights.banks, port: weights.port,
                    portKeys: ["weight_buffer.bandwidth"], [weights.encoding]
                ) { BufferAccesses($0.weights) },
                try buffer(
                    Buffer.inputs, inputs.capacity, banks: inputs.banks, port: inputs.port,
                    portKeys: ["input_buffer.bandwidth"], [inputs.encoding]
                ) { BufferAccesses($0.inputs) },
            ]
        }
        let outputs = try buffer(
            Buffer.outputs, configuration.outputBuffer.capacity, banks: configuration.outputBuffer.banks,
            port: configuration.outputPort, portKeys: ["output_transform.units", "output_transform.interval"],
            [configuration.mapping.activationStorage.encoding]
        ) { BufferAccesses($0.outputs) }
        return buffers + [outputs]
    }
}
