import DRAM
import Hardware
import TestSupport
import Testing
import YAML

@testable import Engine

/// A memory that reads its answers from the logs of others gets the same questions as an unshared memory.
@Suite struct SharedDRAMPortTests {
    /// A transfer: a load, or a store of some bytes, that waits for the transfer before it or for an answer.
    private struct Transfer {
        var load: Int?
        var bytes: Int
        /// The question whose answer it waits for; nil if it may follow the transfer before it.
        var answer: Int?
        /// Cycles after that answer or transfer.
        var delay: Int
    }

    /// A simplified layer: transfers in their order, and bytes that it waits for, one after the other.
    private struct Script {
        var transfers: [Transfer]
        let questions: [(load: Int, byte: Int)]

        init(sizes: [Int], _ random: inout SeededGenerator) {
            var questions: [(load: Int, byte: Int)] = []
            var transfers: [Transfer] = []
            for (load, bytes) in sizes.enumerated() {
                let before = questions.count
                func gate(_ random: inout SeededGenerator) -> Int? {
                    before == 0 || random.below(3) == 0 ? nil : random.below(before)
                }
                if load > 1 && random.below(2) == 0 {
                    transfers.append(
                        Transfer(
                            load: nil, bytes: random.number(1...3000), answer: gate(&random), delay: random.below(60)))
                }
                transfers.append(Transfer(load: load, bytes: bytes, answer: gate(&random), delay: random.below(60)))
                for byte in (0..<random.number(1...3)).map({ _ in random.below(bytes) }).sorted() {
                    questions.append((load, byte))
                }
            }
            (self.transfers, self.questions) = (transfers, questions)
        }

        /// The same script, with at most two transfers at another time or of another size.
        func varied(_ random: inout SeededGenerator) -> Script {
            var script = self
            for _ in 0..<random.number(0...2) {
                let index = random.below(transfers.count)
                if script.transfers[index].load == nil && random.below(2) == 0 {
                    script.transfers[index].bytes = random.number(1...3000)
                } else {
                    script.transfers[index].delay = random.below(120)
                }
            }
            return script
        }

        /// Asks in the order of `LayerMemory`, and returns all answers.
        ///
        /// - Parameter idle: cycles that the layer continues after the last answer.
        func run(_ port: any MemoryPort, idle: Int) -> [Int] {
            var all: [Int] = []
            var answers: [Int] = []
            var begun = 0
            var last = 0
            func next() -> Int? {
                guard begun < transfers.count else { return nil }
                let transfer = transfers[begun]
                guard let answer = transfer.answer else { return max(last + transfer.delay, port.free) }
                return answer < answers.count ? max(answers[answer] + transfer.delay, port.free) : nil
            }
            func begin(at cycle: Int) {
                if let load = transfers[begun].load {
                    port.begin(load: load, at: cycle)
                    all.append(cycle)
                } else {
                    all.append(port.store(bytes: transfers[begun].bytes, at: cycle))
                }
                begun += 1
                last = cycle
            }
            for question in questions {
                while true {
                    let hasBegun = transfers[..<begun].contains { $0.load == question.load }
                    if hasBegun, let cycle = port.arrival(load: question.load, byte: question.byte) {
                        answers.append(cycle)
                        break
                    }
                    let cycle = next()
                    if hasBegun && port.decide(before: cycle) { continue }
                    guard let cycle else {
                        Issue.record("a question waits for itself")
                        return []
                    }
                    begin(at: cycle)
                }
            }
            while let cycle = next() { begin(at: cycle) }
            let end = port.finish()
            guard let commands = port.commands(through: max(end, answers.max() ?? 0) + idle) else { return [] }
            let counters = commands.counters
            return all + answers + [
                end, commands.clocks, counters.activates, counters.reads, counters.writes, counters.rowHits,
                counters.refreshes, counters.prechargedCycles, port.bytesRead(.weights), port.bytesRead(.inputs),
                port.bytesWritten,
            ]
        }
    }

    @Test(arguments: ["LPDDR4-3200, channels: 2, address_mapping: ro ra ba bg co ch", "DDR4-2400", "HBM2"])
    func answersAreThoseOfAnUnsharedMemory(standard: String) throws {
        let memory = try DRAMConfiguration.decode(
            Document.parse("{standard: \(standard)}", file: "test"), presets: shippedPresets)
        let seed: UInt64 = 31
        var random = SeededGenerator(seed: seed)
        var (runs, replays) = (0, 0)
        for _ in 0..<60 {
            let sizes = (0..<random.number(3...9)).map { _ in random.number(1...random.pick([200, 2000, 20000])) }
            let operands = sizes.map { _ in random.pick(Operand.allCases) }
            let loads = zip(sizes, operands).enumerated().map { index, load in
                Load(operand: load.1, channelGroup: index, chunk: 0, bytes: load.0, deadline: 0)
            }
            let layout = AddressLayout(loads, organization: memory.organization)
            let key = TransferKey(
                memory: memory, clock: random.pick([.megahertz(300), .megahertz(1100)]), layout: layout)
            let cache = SimulationCache(limit: .kibibytes(1 << 14))
            let script = Script(sizes: sizes, &random)
            for round in 0..<40 {
                let (varied, idle) = (script.varied(&random), random.pick([40, 40, 40, 9000]))
                let own = varied.run(
                    DRAMPort(memory, layout: layout, operands: operands, clock: key.clock), idle: idle)
                let shared = varied.run(try SharedDRAMPort(key, operands: operands, cache: cache), idle: idle)
                #expect(shared == own, "seed \(seed), run \(runs), round \(round)")
                runs += 1
            }
            replays += cache.replays
        }
        // Replays and own runs are both frequent; a run that ends at another clock is no replay.
        #expect(replays > runs / 10 && replays < runs * 4 / 5, "\(replays) of \(runs)")
    }
}
