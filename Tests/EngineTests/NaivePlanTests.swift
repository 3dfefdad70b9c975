import Hardware
import TestSupport
import Testing

@testable import Engine

/// Chunks, what stays and orders in the naive machine, computed by hand: steps of 8 bytes, unless stated otherwise.
extension NaiveMachineTests {
    private func uses(_ chunks: [Int]) -> [NaiveUse] {
        chunks.enumerated().map { NaiveUse(chunk: NaiveChunkPlace(group: $1, index: 0), bundles: [$0]) }
    }

    /// Each round loads again what is not held, unless all have a place.
    @Test(arguments: 1...7, 0...5) func cyclicOrdersLoadWhatIsNotHeldAgain(chunks: Int, room: Int) {
        let places = NaivePlaces(count: room + 2, staged: 2)
        for rounds in 1...4 {
            let loads = places.loads(uses((0..<rounds * chunks).map { $0 % chunks }))
            let again = chunks <= places.count ? 0 : chunks - room
            #expect(loads.count == chunks + (rounds - 1) * again)
            #expect(loads.flatMap(\.bundles).sorted() == Array(0..<rounds * chunks))
        }
    }

    /// Against all choices of what to hold after each use.
    @Test(arguments: 0..<UInt64(200)) func noOtherChoiceLoadsLess(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let room = random.number(0...3)
        let order = (0..<random.number(1...12)).map { _ in random.below(6) }
        // The fewest loads with which each set of chunks can be held.
        var fewest: [Set<Int>: Int] = [[]: 0]
        for chunk in order {
            var next: [Set<Int>: Int] = [:]
            for (held, loads) in fewest {
                let cost = loads + (held.contains(chunk) ? 0 : 1)
                let candidates = held.union([chunk])
                for dropped in [nil] + candidates.map(Optional.some) {
                    let kept = candidates.filter { $0 != dropped }
                    if kept.count <= room { next[kept] = min(next[kept] ?? cost, cost) }
                }
            }
            fewest = next
        }
        // No chunk of the order fits beside all others.
        let loads = NaivePlaces(count: room, staged: 0).loads(uses(order))
        let fits = Set(order).count <= room
        #expect(loads.count == (fits ? Set(order).count : fewest.values.min()))
    }

    /// Steps of 3 bytes in chunks of 4: the steps lie in the bytes 0 to 2, 3 to 5, 6 to 8 and 9 to 11.
    @Test func weightsAreCutByBytes() throws {
        var configuration = configuration()
        configuration.weightBuffer.chunk = Bytes(4)
        var workload = workload(steps: 4)
        workload.operands = Array(repeating: [0, 1, 2], count: 4)
        let group = NaiveGroup(
            configuration, NaiveBuffers(configuration, workload), 0, rows: [[[0]]], tiles: [[0]])
        let chunks = NaiveChunks(group, configuration, .positions, inputs: [])
        #expect(chunks.usedWeights == [[[0], [0, 1], [1, 2], [2]]])
        #expect(chunks.mostUsed(.weights) == 2)
        #expect(chunks.weights[0].map(\.bytes) == [4, 4, 4])
        #expect(chunks.weights[0].map(\.moved) == [6, 3, 3])
        let ends = chunks.weights[0].map { chunk in (0..<4).map { chunk.ends[$0] } }
        #expect(ends == [[3, 4, 4, 4], [0, 2, 4, 4], [0, 0, 1, 4]])
        // A last chunk of what is left, here 2 bytes in which no step begins.
        configuration.weightBuffer.chunk = Bytes(10)
        let uneven = NaiveChunks(group, configuration, .positions, inputs: []).weights[0]
        #expect(uneven.map(\.bytes) == [10, 2])
        #expect(uneven.map(\.moved) == [12, 0])
    }

    /// Steps of 12 bits: a byte that two bundles share belongs to both.
    @Test func bundlesThatShareAByteShareItsChunk() throws {
        var configuration = configuration()
        configuration.datatype.weights = 4
        configuration.weightBuffer.chunk = Bytes(2)
        var workload = workload(steps: 3)
        workload.operands = Array(repeating: [0, 1, 2], count: 3)
        let group = NaiveGroup(
            configuration, NaiveBuffers(configuration, workload), 0, rows: [[[0]]], tiles: [[0]])
        let chunks = NaiveChunks(group, configuration, .positions, inputs: [])
        // Bits 0 to 11, 12 to 23, 24 to 35, in 5 bytes.
        #expect(chunks.usedWeights == [[[0], [0, 1], [1, 2]]])
        #expect(chunks.weights[0].map(\.bytes) == [2, 2, 1])
        #expect(chunks.weights[0].map(\.moved) == [6, 3, 0])
    }

    /// Two positions of three slices. Positions outside: 0 to 5. Slices outside: 0, 3, 1, 4, 2, 5. Two slices of 16
    /// bytes fit a place of 32.
    @Test(arguments: [(StepOrder.positions, [0, 1, 2, 3, 4, 5], 4), (.channels, [0, 3, 1, 4, 2, 5], 2)])
    func slicesAreUsedOnceAPassWhereTheyStandOutside(order: StepOrder, steps: [Int], uses: Int) throws {
        let configuration = configuration()
        var workload = workload(steps: 6)
        workload.slices = [0, 1, 2, 0, 1, 2]
        let group = NaiveGroup(
            configuration, NaiveBuffers(configuration, workload), 0, rows: [[[0]]], tiles: [[0]])
        let chunks = NaiveChunks(group, configuration, order, inputs: [group.inputChunks(0, place: 32)])
        #expect(chunks.bundles == [steps.map { [$0] }])
        #expect(chunks.inputs[0].map(\.bytes) == [32, 16])
        #expect(chunks.inputs[0][0].ends == [0: 8, 3: 16, 1: 24, 4: 32])
        #expect(chunks.uses(.inputs, [NaivePassPlace(row: 0, column: 0)]).count == uses)
    }

    /// A slice of 24 bytes makes places of 24; the others, of 8 bytes, share them.
    @Test func theLargestSliceMakesThePlacesLarger() throws {
        var configuration = configuration()
        configuration.inputBuffer.chunk = Bytes(8)
        configuration.inputBuffer.capacity = Bytes(47)
        var workload = workload(steps: 6)
        workload.slices = [0, 1, 2, 3, 3, 3]
        #expect(fault(configuration, workload) == .tooFewPlaces(.inputs, capacity: 47, needed: 48))
        configuration.inputBuffer.capacity = Bytes(48)
        let machine = try NaiveMachine(configuration, workload)
        #expect(machine.loads.filter { $0.operand == .inputs }.map(\.chunk.bytes) == [24, 24])
    }

    /// Six filters and six tiles, a pass each pair; three chunks of weights and one of inputs are held.
    ///
    /// Blocks of three filters: 6 loads of weights, 6 of inputs for the first block and 5 for the other. Tiles outside, blocks of four and
    /// strips of four filters. Four filters for four tiles: 4 + 3 (4 - 3) loads of weights and 4 of inputs. The other two filters: 2, and 3,
    /// since one tile is held. The block of two tiles begins with these: 0 and 2. Then four filters again, of which one was
    /// held: 3 + 1, and 1.
    @Test(arguments: [(LoopOrder.weights, 17), (.inputs, 23), (.auto, 17)])
    func theOrderThatMovesTheFewestBytesRuns(order: LoopOrder, loads: Int) throws {
        var configuration = configuration()
        configuration.weightBuffer.chunk = Bytes(8)
        configuration.weightBuffer.capacity = Bytes(40)
        configuration.inputBuffer.chunk = Bytes(8)
        configuration.inputBuffer.capacity = Bytes(24)
        configuration.mapping.loopOrder = order
        let machine = try NaiveMachine(configuration, workload(filters: 6, tiles: 6))
        #expect(machine.result.dramReadBytes == 8 * loads)
        let passes = try #require(machine.plans.first?.passes)
        let (loop, size) = order == .inputs ? (LoopOrder.inputs, (4, 4)) : (.weights, (3, 1))
        #expect(passes == NaivePlan.order(rows: 6, columns: 6, loop, block: size.0, strip: size.1))
    }

    /// Everything fits and each order moves as much.
    @Test(arguments: [(1, 4, LoopOrder.inputs, 3), (4, 1, .weights, 3)])
    func onATieTheOrderThatEndsFirstRuns(filters: Int, tiles: Int, loop: LoopOrder, block: Int) throws {
        var configuration = configuration()
        let machine = try NaiveMachine(configuration, workload(filters: filters, tiles: tiles))
        // One pass after the other needs one more group: all orders end together, and the longest block goes first.
        #expect(
            try #require(machine.plans.first?.passes)
                == NaivePlan.order(rows: filters, columns: tiles, loop, block: block, strip: 1))
        for order in [LoopOrder.weights, .inputs] {
            configuration.mapping.loopOrder = order
            let forced = try NaiveMachine(configuration, workload(filters: filters, tiles: tiles))
            #expect(forced.plans.first?.passes.count == filters * tiles)
        }
    }

    /// Two passes with 8 bytes of weights and of inputs a group, two cycles a pass and a byte a cycle, outputs of a byte.
    @Test func estimatesAddUpPassesAndTransfers() throws {
        var configuration = configuration()
        configuration.dram = .bandwidth(bytesPerCycle: 1, latency: 7)
        configuration.peArray.accumulatorSets = 1
        let workload = workload(filters: 2)
        let machine = try NaiveMachine(configuration, workload)
        let plan = try #require(machine.plans.first)
        let pace = NaivePace(
            configuration, bundles: [2, 2], passes: 2, products: 0, bytesPerCycle: 1, outputBytes: { _ in 1 })
        // Weights 0 end at 8 and inputs at 16, when pass 0 ends too: a pass does not wait for its last byte. One set of
        // accumulators: the store of pass 0 goes before weights 1, 16 + 1 + 8 = 25, and the last store ends at 26.
        #expect(pace.end(of: plan) == 26)
    }

    @Test func runsAreOfTheNumbersOfTheTable() {
        #expect(NaivePlan.runs(of: 1) == [1])
        #expect(NaivePlan.runs(of: 7) == [1, 2, 3, 4, 6, 7])
        #expect(NaivePlan.runs(of: 25) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 24, 25])
    }

    /// Four filters, a byte a cycle, two places for weights. Weights 0: granted 0. Inputs, for the same bundle: granted 8
    /// -> 18. Weights 1: granted 16 -> 26. Issue of 0 in 19; weights 2: granted 24. Drained 20 + 5; its store is offered
    /// in 28. Issue of 1 in 27; weights 3 may start in 28. The memory is free in 32. With one set of accumulators the
    /// store goes first, since bundle 1 waits for it; with three its deadline is bundle 3 too, and weights go first.
    @Test(arguments: [(1, 33, 32), (3, 32, 40)])
    func theEarliestDeadlineGoesFirst(sets: Int, granted: Int, accepted: Int) throws {
        var configuration = configuration()
        configuration.peArray.accumulatorSets = sets
        configuration.weightBuffer.chunk = Bytes(8)
        configuration.weightBuffer.capacity = Bytes(16)
        configuration.dram = .bandwidth(bytesPerCycle: 1, latency: 3)
        var machine = try NaiveMachine(configuration, workload(filters: 4))
        _ = try machine.run()
        #expect(machine.loads.map(\.grant) == [0, 16, 24, granted, 8])
        #expect(machine.passes[0].accepted == accepted)
    }

    /// The second tile's pixels all came with the first: its load begins in 4, after that of weights and of the first
    /// tile, and brings nothing. Issues 7 and 8.
    @Test func aLoadWithoutBytesIsThereWhenItBegins() throws {
        var workload = workload(tiles: 2)
        workload.moved = { _, steps, tiles in
            steps.flatMap { step in tiles.map { NaiveItem(step: step, tile: $0, channel: 0, bits: $0 == 0 ? 64 : 0) } }
        }
        var machine = try NaiveMachine(configuration(), workload)
        _ = try machine.run()
        #expect(machine.loads.map(\.grant) == [0, 2, 4])
        #expect(machine.loads.map(\.chunk.bytes) == [8, 8, 0])
        #expect(machine.bundles.map(\.issue) == [7, 8])
    }

    /// Of two filters one has no weight, and no pass uses the third slice.
    @Test(arguments: [Memory.ideal, .bandwidth(bytesPerCycle: 4, latency: 3)])
    func whatNoPassUsesIsNotLoaded(memory: Memory) throws {
        var configuration = configuration()
        configuration.dram = memory
        configuration.peArray.skipEmptySteps = .weights
        var workload = workload(filters: 2, steps: 3)
        workload.weights = [[[1, 1, 0], [0, 0, 0]]]
        var machine = try NaiveMachine(configuration, workload)
        let counts = try machine.run().counts
        #expect(machine.result.dramReadBytes == 24 + 16)
        #expect(counts["weights moved"] == 24)
        #expect(counts["inputs written"] == 16)
    }
}
