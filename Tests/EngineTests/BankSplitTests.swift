import Files
import Hardware
import Tensors
import TestSupport
import Testing
import Traces

@testable import Engine

/// The split of a buffer that both operands share (pages `BuffersAndTraffic`, `Laws`).
@Suite struct BankSplitTests {
    /// A small layer and machine, and banks whose size is a number of places of both operands.
    private struct Case {
        var layer: Layer
        var machine: Configuration

        init(_ random: inout SeededGenerator) {
            let taps = random.pick([1, 3])
            let groups = random.pick([1, 1, 2, 3])
            var shape = LayerShape(channels: groups * random.number(1...32), filters: groups * random.number(1...32))
            shape.groups = groups
            (shape.height, shape.width) = (random.number(3...12), random.number(3...12))
            (shape.kernelHeight, shape.kernelWidth) = (taps, taps)
            (shape.paddingHeight, shape.paddingWidth) = (taps / 2, taps / 2)
            let density = random.pick([0.3, 0.7, 1])
            layer = Layer(
                name: "layer", shape: shape, weights: .density(density, .spatial, Spread()),
                activations: .density(density, .spatial, Spread()))
            machine = Configuration()
            machine.peArray.rows = random.pick([1, 2, 4])
            machine.peArray.columns = random.pick([1, 2, 4])
            machine.peArray.filtersPerPE = 1
            machine.peArray.broadcastSteps = random.pick([1, 2])
            machine.mapping.step = random.pick(StepForm.allCases)
            machine.mapping.stepWidth = random.pick([4, 8])
            machine.mapping.stepOrder = random.pick(StepOrder.allCases)
            machine.mapping.loopOrder = random.pick([.auto, .auto, .weights, .inputs])
            for operand in [\Configuration.weightBuffer, \Configuration.inputBuffer] {
                machine[keyPath: operand].bandwidth = Bytes(random.pick([32, 64]))
                machine[keyPath: operand].chunk = Bytes(random.pick([64, 128, 200]))
            }
            machine.dram = .bandwidth(bytesPerCycle: random.pick([2, 8, 32]), latency: random.pick([0, 5]))
            machine.operandBuffer.banks = random.pick([2, 3, 4, 7, 8])
            machine.operandBuffer.capacity = Bytes(machine.operandBuffer.banks * random.pick([150, 256, 400, 1000]))
            machine.operandBuffer.port = random.pick([nil, Bytes(48)])
            if machine.operandBuffer.banks < 4 { machine.operandBuffer.port = nil }
        }

        /// Two buffers in place of the shared one, of so many of its banks.
        func apart(weights: Int) -> Configuration {
            var machine = machine
            guard let shared = machine.sharedBanks else { return machine }
            machine.operandBuffer.capacity = nil
            machine.weightBuffer.capacity = Bytes(weights * shared.bank.count)
            machine.inputBuffer.capacity = Bytes((shared.count - weights) * shared.bank.count)
            return machine
        }

        /// Nil where a buffer is too small.
        func run(_ machine: Configuration) throws -> Activity? {
            do { return try CycleModel(machine).simulate(layer).activity } catch is InputError { return nil }
        }
    }

    /// No split of separate buffers loads less, and the one that is chosen runs as separate buffers of its banks do.
    @Test func aSharedBufferIsTheBestOfAllSplits() throws {
        let seed: UInt64 = 16
        var random = SeededGenerator(seed: seed)
        var (compared, gained, refused) = (0, 0, 0)
        for round in 0..<250 {
            let one = Case(&random)
            let shared = try #require(one.machine.sharedBanks)
            let least = [one.machine.weightBuffer, one.machine.inputBuffer].map { shared.banks(for: $0.bandwidth) }
            var apart: [Int: Activity] = [:]
            for weights in least[0]...max(least[0], shared.count - least[1]) where weights < shared.count {
                apart[weights] = try one.run(one.apart(weights: weights))
            }
            let place: Comment = "seed \(seed), round \(round)"
            guard let activity = try one.run(one.machine) else {
                #expect(apart.isEmpty, place)
                refused += 1
                continue
            }
            #expect(activity.weights.banks + activity.inputs.banks == shared.count, place)
            let bytes = apart.mapValues(\.memory.payloadBytes)
            #expect(activity.memory.payloadBytes == bytes.values.min(), place)
            let same = try #require(apart[activity.weights.banks], place)
            #expect(activity.timing == same.timing && activity.memory == same.memory, place)
            #expect(activity.weights.bufferReadBytes == same.weights.bufferReadBytes, place)
            compared += 1
            if let half = bytes[shared.count / 2], activity.memory.payloadBytes < half { gained += 1 }
        }
        #expect(compared > 150 && gained > 10 && refused > 0, "\(compared), \(gained), \(refused)")
    }

    /// The search leaves out splits and orders by bounds; here all are tried. No bound on an estimate is above it.
    @Test func theChoiceIsThatOfAllSplitsAndOrders() throws {
        let seed: UInt64 = 256
        var random = SeededGenerator(seed: seed)
        var (byEstimate, severalGroups) = (0, 0)
        for round in 0..<600 {
            var one = Case(&random)
            if one.layer.shape.groups > 1 { one.layer.weights = unequalGroups(one.layer.shape, &random) }
            one.machine.operandBuffer.port = nil
            one.machine.operandBuffer.banks = random.number(2...20)
            let bank = random.pick([64, 100, 200])
            one.machine.operandBuffer.capacity = Bytes(one.machine.operandBuffer.banks * bank)
            let shared = try #require(one.machine.sharedBanks)
            let (groups, place) = try unplaced(one)
            var found: [Int: [Int]] = [:]
            for weights in 1..<shared.count {
                let places = PerOperand(
                    weights: weights * bank / place.weights, inputs: (shared.count - weights) * bank / place.inputs)
                found[weights] = cost(groups, places, one.machine.mapping.loop)
            }
            let best = found.min {
                func key(_ split: (key: Int, value: [Int])) -> [Int] {
                    split.value + [abs(2 * split.key - shared.count), split.key]
                }
                return key($0).lexicographicallyPrecedes(key($1))
            }
            let choice = BankSplitChoice(shared, place: place, configuration: one.machine)
            let chosen = try? choice.choose(groups).banks.weights
            #expect(chosen == best?.key, "seed \(seed), round \(round)")
            guard let best, best.value[0] == 1 else { continue }
            let tied = found.values.filter { $0[1] == best.value[1] }
            if Set(tied.map { $0[2] }).count > 1 {
                byEstimate += 1
                if groups.count > 1 { severalGroups += 1 }
            }
        }
        #expect(byEstimate > 10 && severalGroups > 2, "\(byEstimate), \(severalGroups)")
    }

    /// Whether something does not fit, the bytes, and the estimate; nil where an operand cannot be staged.
    private func cost(_ groups: [UnplacedGroup], _ places: PerOperand<Int>, _ allowed: LoopChoice) -> [Int]? {
        var sums = [0, 0, 0]
        for group in groups {
            for operand in Operand.allCases {
                if places[operand] < group.plan.fewestPlaces[operand] { return nil }
                if places[operand] < group.plan.chunks[operand] { sums[0] = 1 }
            }
            let plan = group.plan.placed(in: places)
            let orders = PassOrder.candidates(
                rowGroups: plan.grouping.rowGroups.count, columnGroups: plan.grouping.columnGroups, allowed)
            let costs = orders.map { [plan.bytes($0), group.pace.end(of: plan, in: $0)] }
            for cost in costs {
                #expect(group.pace.least(of: plan, bytes: cost[0]) <= cost[1])
            }
            let best = costs.min { $0.lexicographicallyPrecedes($1) } ?? [0, 0]
            (sums[1], sums[2]) = (sums[1] + best[0], sums[2] + best[1])
        }
        return sums[0] == 0 ? [0, 0, 0] : sums
    }

    /// Weights of which each group keeps another share, so that its passes and its bytes differ from those of the others.
    private func unequalGroups(_ shape: LayerShape, _ random: inout SeededGenerator) -> OperandSource {
        let perFilter = shape.groupChannels * shape.kernelHeight * shape.kernelWidth
        let perGroup = shape.filters / shape.groups
        let shares = (0..<shape.groups).map { _ in random.pick([1, 5, 10]) }
        let values = (0..<shape.filters * perFilter).map { index -> Float in
            random.below(10) < shares[index / perFilter / perGroup] ? 1 : 0
        }
        return .tensor(
            TensorReference(
                name: "w",
                tensor: Tensor(
                    values, shape: [shape.filters, shape.groupChannels, shape.kernelHeight, shape.kernelWidth])),
            .spatial)
    }

    private func unplaced(_ one: Case) throws -> (groups: [UnplacedGroup], place: PerOperand<Int>) {
        let form = try LayerForm(one.layer, mapping: one.machine.mapping)
        let lowered = try LoweredLayer(form, configuration: one.machine, seed: 1)
        let store = InputStore(lowered, configuration: one.machine)
        let groups = lowered.products.enumerated().map { index, product in
            ChannelGroup(
                lowered, index: index, grouping: Grouping(product, array: one.machine.peArray), store: store,
                ownership: TileOwnership(lowered.grid), distinct: DistinctPixels(lowered.grid),
                configuration: one.machine, nextDensity: .unknown)
        }
        let planner = GroupPlanner(groups, layout: lowered.layout, configuration: one.machine)
        return (groups.map(planner.cut), planner.places.map(\.bytes))
    }

    /// With twice the bytes in a bank.
    @Test func twiceTheCapacityNeverLoadsMore() throws {
        let seed: UInt64 = 61
        var random = SeededGenerator(seed: seed)
        var fewer = 0
        for round in 0..<200 {
            var one = Case(&random)
            var before: Int?
            for _ in 0..<5 {
                let bytes = try one.run(one.machine)?.memory.payloadBytes
                if let before {
                    let bytes = try #require(bytes, "seed \(seed), round \(round): a larger buffer is too small")
                    #expect(bytes <= before, "seed \(seed), round \(round)")
                    if bytes < before { fewer += 1 }
                }
                before = bytes
                one.machine.operandBuffer.capacity = one.machine.operandBuffer.capacity.map { Bytes(2 * $0.count) }
            }
        }
        #expect(fewer > 50, "\(fewer)")
    }

    /// Filters and tiles of a pointwise layer on an array of 4 x 4 PEs: row groups and column groups of one chunk of 64 bytes each.
    private func pointwise(filters: Int, width: Int) -> Layer {
        var shape = LayerShape(channels: 8, filters: filters)
        (shape.height, shape.width) = (4, width)
        return Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
    }

    private func machine(places: Int, banks: Int) -> Configuration {
        var configuration = Configuration()
        configuration.peArray.rows = 4
        configuration.peArray.columns = 4
        configuration.peArray.filtersPerPE = 1
        configuration.mapping.stepWidth = 8
        configuration.mapping.activationStorage = .dense
        for operand in [\Configuration.weightBuffer, \Configuration.inputBuffer] {
            configuration[keyPath: operand].encoding = .dense
            configuration[keyPath: operand].chunk = Bytes(64)
            configuration[keyPath: operand].bandwidth = Bytes(64)
        }
        configuration.operandBuffer.banks = banks
        configuration.operandBuffer.capacity = Bytes(64 * places)
        configuration.dram = .bandwidth(bytesPerCycle: 8, latency: 0)
        return configuration
    }

    private func banks(_ layer: Layer, _ machine: Configuration) throws -> [Int] {
        let activity = try CycleModel(machine).simulate(layer).activity
        return [activity.weights.banks, activity.inputs.banks]
    }

    /// Of the splits in which everything fits it is the most even one; 3 chunks of weights and 6 of inputs in banks of one.
    @Test(arguments: [(9, 9, [3, 6]), (10, 10, [4, 6]), (12, 12, [6, 6]), (13, 13, [6, 7]), (20, 10, [5, 5])])
    func whereAllFitsTheSplitIsEven(places: Int, banks: Int, split: [Int]) throws {
        #expect(try self.banks(pointwise(filters: 12, width: 6), machine(places: places, banks: banks)) == split)
    }

    /// 16 row groups and 16 column groups in banks of two places. With 6 banks, 12 places: weights of 10 hold 8 row groups, so that 2
    /// places of inputs pass by twice; nothing loads less.
    @Test func theSplitThatLoadsLeastIsTaken() throws {
        let layer = pointwise(filters: 64, width: 16)
        let machine = machine(places: 12, banks: 6)
        let activity = try CycleModel(machine).simulate(layer).activity
        let loaded = activity.weights.loadedBytes + activity.inputs.loadedBytes
        #expect(loaded == 64 * (16 + 16 + 16))
        #expect(abs(activity.weights.banks - activity.inputs.banks) == 4)
    }

    /// A port that is half as wide as the bandwidth of weights takes two banks for them.
    @Test func narrowPortsLeaveFewerSplits() throws {
        var machine = machine(places: 16, banks: 4)
        machine.operandBuffer.port = Bytes(32)
        machine.weightBuffer.bandwidth = Bytes(96)
        machine.inputBuffer.bandwidth = Bytes(32)
        #expect(try banks(pointwise(filters: 4, width: 16), machine) == [3, 1])
        machine.operandBuffer.port = Bytes(96)
        #expect(try banks(pointwise(filters: 4, width: 16), machine) != [3, 1])
    }

    /// Accesses are as wide as the shared port, of both operands.
    @Test func accessesAreThoseOfTheSharedPort() throws {
        var machine = machine(places: 64, banks: 8)
        machine.weightBuffer.bandwidth = Bytes(16)
        for port in [nil, Bytes(64), Bytes(20)] {
            machine.operandBuffer.port = port
            let activity = try CycleModel(machine).simulate(pointwise(filters: 4, width: 4)).activity
            // A row group of 64 bytes for four column groups, each of 64 bytes.
            let accesses = port == Bytes(20) ? 4 : 1
            #expect(activity.weights.bufferReads == 4 * accesses && activity.inputs.bufferReads == 4 * accesses)
            #expect(activity.weights.bufferWrites == accesses && activity.inputs.bufferWrites == 4 * accesses)
        }
    }

    @Test func idealMemorySplitsNothing() throws {
        var machine = machine(places: 2, banks: 2)
        machine.dram = .ideal
        #expect(try banks(pointwise(filters: 12, width: 6), machine) == [0, 0])
        #expect(try CycleModel(machine).simulate(pointwise(filters: 12, width: 6)).split == nil)
    }

    @Test func theSplitIsTold() throws {
        let result = try CycleModel(machine(places: 10, banks: 10)).simulate(pointwise(filters: 12, width: 6))
        #expect(result.split == "weights take 4 of 10 banks")
    }

    /// Two places of each operand are needed, and there are three.
    @Test func aBufferWithoutASplitIsRefused() throws {
        let error = try #require(throws: InputError.self) {
            try CycleModel(machine(places: 3, banks: 3)).simulate(pointwise(filters: 12, width: 6))
        }
        #expect(
            error.message
                == "layer 'layer': operand_buffer has 3 banks of 64 bytes; to stage a bundle of steps and load ahead weights "
                + "need 128 bytes in 2 places of 64, 2 banks, and inputs need 128 bytes in 2 places of 64, 2 banks: expected a "
                + "larger operand_buffer.capacity, or a smaller weight_buffer.chunk or pe_array.broadcast_steps")
        var wide = machine(places: 4, banks: 4)
        wide.inputBuffer.chunk = Bytes(8)
        wide.operandBuffer.capacity = Bytes(4 * 60)
        let slices = try #require(throws: InputError.self) {
            try CycleModel(wide).simulate(pointwise(filters: 12, width: 6))
        }
        #expect(slices.message.hasSuffix("or a smaller weight_buffer.chunk or pe_array.broadcast_steps"))
        wide.weightBuffer.chunk = Bytes(8)
        let larger = try #require(throws: InputError.self) {
            try CycleModel(wide).simulate(pointwise(filters: 12, width: 6))
        }
        #expect(larger.message.hasSuffix("or a smaller mapping.step_width, or fewer pe_array.columns or tiles_per_pe"))
    }

    /// Operands that are read often are reported with the shared buffer's key.
    @Test func repeatedLoadsNameTheSharedBuffer() async throws {
        let trace = Trace(model: "test", layers: [pointwise(filters: 64, width: 16)])
        let reported = try await CycleModel(machine(places: 5, banks: 5)).run(trace).repeatedLoads
        #expect(!reported.isEmpty)
        #expect(
            reported.allSatisfy { $0.hasSuffix(": raise operand_buffer.capacity, or set mapping.loop_order") },
            "\(reported)")
    }
}
