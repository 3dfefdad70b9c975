import DRAM
import Energy
import Engine
import Hardware
import Reports
import Sweeps
import TestSupport
import Testing
import YAML

/// Pages that are generated from the program's tables. `WINOSIM_RECORD=1` records them.
@Suite struct GeneratedPageTests {
    private func check(_ name: String, catalogue: String, _ observed: String) throws {
        let pinned = PinnedTexts("../../Sources/\(catalogue)/\(catalogue).docc")
        #expect(observed == (try pinned.expected(name + ".md", observed: observed)), "\(name).md")
    }

    private static let note = "This page is written from the program's own table"

    @Test func configurationKeysPageIsGenerated() throws {
        let text = """
            # Configuration keys

            Every key of a configuration: its values, its default, what it governs, and the page on which it is modelled.

            ## Overview

            \(Self.note): `winosim config explain KEY` prints the same. Whole numbers are written bare, everything else with \
            its unit. The keys of a DRAM standard are on the page MemoryKeys (module `DRAM`).

            ## Keys


            """
        try check("ConfigurationKeys", catalogue: "Hardware", text + Configuration.keyEntries.markdown(level: 3))
    }

    @Test func memoryKeysPageIsGenerated() throws {
        let text = """
            # Memory keys

            The keys of `dram` with a standard: their values and what they govern.

            ## Overview

            \(Self.note): `winosim config explain dram.KEY` prints the same. What is left out is the preset's.

            ## Keys


            """
        try check("MemoryKeys", catalogue: "DRAM", text + DRAMConfiguration.keyEntries.markdown(level: 3))
    }

    @Test func columnsPageIsGenerated() throws {
        let text = """
            # Columns

            Every column of every output, with its unit.

            ## Overview

            \(Self.note): `winosim help columns` prints the same. An empty unit is that of a name or a plain ratio. The pages \
            CyclesAndSlots (module `Engine`) and Components (module `Energy`) say how the figures are counted.


            """
        let tables = (OutputTable.all + [SweepResult.columns]).map(\.markdown)
        try check("Columns", catalogue: "Reports", text + tables.joined(separator: "\n"))
    }

    @Test func countersPageIsGenerated() throws {
        let text = """
            # Counters

            What every unit of the machine counts in a layer: the figures from which columns and energies are made.

            ## Overview

            \(Self.note). An ``Activity`` has a ledger for each unit; all layers of a trace together have the sums, and of \
            widths and capacities the largest.


            """
        let tables = [
            Self.table("workload", WorkloadLedger.self), Self.table("timing", TimingLedger.self),
            Self.table("array", ArrayLedger.self), Self.table("weights, inputs", OperandLedger.self),
            Self.table("transforms", TransformLedger.self), Self.table("outputs", OutputLedger.self),
            Self.table("memory", MemoryLedger.self),
        ]
        try check("Counters", catalogue: "Engine", text + tables.joined(separator: "\n"))
    }

    /// A ledger's counters under the names of its properties, which stand in the same order.
    private static func table<Unit: Ledger>(_ name: String, _: Unit.Type) -> String {
        let names = Mirror(reflecting: Unit()).children.compactMap(\.label)
        #expect(names.count == Unit.counters.count, "\(Unit.self)")
        let rows = zip(names, Unit.counters).map { name, counter in
            if let path = counter.path as? WritableKeyPath<Unit, Int> {
                var unit = Unit()
                unit[keyPath: path] = 1
                let found = Mirror(reflecting: unit).children.first { $0.value as? Int == 1 }
                #expect(found?.label == name, "\(Unit.self)")
            }
            return "| `\(name)` | \(counter.unit) | \(counter.definition) |"
        }
        return "## \(name)\n\n| counter | unit | what it counts |\n| --- | --- | --- |\n"
            + rows.joined(separator: "\n") + "\n"
    }

    @Test func partsPageIsGenerated() throws {
        let text = """
            # Parts

            The parts of a machine under whose names energy and area are reported, and the keys that govern them.

            ## Overview

            \(Self.note). <doc:Components> says what each row counts and what it is charged with. The widths of `datatype`, \
            the node and the supply govern all of them.

            | part | what it is | keys |
            | --- | --- | --- |

            """
        let rows = EnergyModel.parts.map { part in
            "| `\(part.name)` | \(part.definition) | \(part.keys.map { "`\($0)`" }.joined(separator: ", ")) |"
        }
        try check("Parts", catalogue: "Energy", text + rows.joined(separator: "\n") + "\n")
        let keys = Set(Configuration.keyEntries.map(\.key))
        for part in EnergyModel.parts {
            for key in part.keys { #expect(keys.contains(key), "\(part.name): no key \(key)") }
        }
    }

    @Test func everyEntryIsComplete() {
        let pages = Set(Page.all.map(\.name))
        let memory = DRAMConfiguration.keyEntries.map { $0.inside("dram") }
        for entry in Configuration.keyEntries + memory {
            #expect(!entry.governs.isEmpty && !entry.type.isEmpty, "\(entry)")
            #expect(pages.contains(entry.page), "\(entry.key): no page \(entry.page)")
            #expect(!entry.governs.hasSuffix("."), "\(entry)")
        }
    }

    /// Every key that a configuration writes has an entry, with the written value as its default, and no other key has
    /// one.
    @Test func entriesAreThoseOfTheDefaultMachine() throws {
        let machine = Configuration()
        let entries = Configuration.keyEntries
        let known = Set(entries.map(\.key))
        #expect(known.count == entries.count)
        #expect(Set(machine.keys).isSubset(of: known))
        let others = known.subtracting(machine.keys)
        #expect(others == ["extends", "dram.bytes_per_cycle", "dram.latency"])
        for entry in entries where !entry.isMapping && machine.keys.contains(entry.key) {
            let value = try machine.value(of: entry.key)
            #expect(entry.defaultValue == value?.text ?? value?.flow, "\(entry.key)")
        }
    }

    /// The bounds of an entry are accepted, and values beyond them are refused.
    @Test func rangesAreThoseThatAreRead() throws {
        func isRead(_ key: String, _ value: Int) -> Bool {
            let model = key.hasPrefix("dram.") ? ["dram={model: bandwidth, bytes_per_cycle: 1, latency: 0}"] : []
            let room = key == "pe_array.broadcast_steps" ? ["pe_array.fifo_depth=1024"] : []
            let overrides = (model + room + ["\(key)=\(value)"]).map { Override($0) }
            return (try? Configuration.load(path: nil, overrides: overrides, library: nil)) != nil
        }
        var checked = 0
        for entry in Configuration.keyEntries where entry.type == "whole number" {
            let bounds = entry.range.components(separatedBy: " to ").compactMap { Int($0) }
            try #require(bounds.count == 2, "\(entry)")
            let least = entry.key == "pe_array.fifo_depth" ? 1 : bounds[0]
            #expect(isRead(entry.key, least) && isRead(entry.key, bounds[1]), "\(entry)")
            #expect(!isRead(entry.key, bounds[0] - 1) && !isRead(entry.key, bounds[1] + 1), "\(entry)")
            checked += 1
        }
        #expect(checked > 25)
    }

    @Test func memoryKeysAreThoseThatAreRead() throws {
        let entries = DRAMConfiguration.keyEntries
        let written = DRAMConfiguration().lines().map { String($0.prefix { $0 != ":" }) }
        #expect(entries.filter { !$0.key.contains(".") }.map(\.key) == written)
        func isRead(_ key: String, _ value: Int) -> Bool {
            let name = key.hasPrefix("timings.") ? "timings: {\(key.dropFirst(8)): \(value)}" : "\(key): \(value)"
            let node = try? Document.parse("{standard: DDR4-2400, \(name)}", file: "memory")
            return
                (try? node.map {
                    try DRAMConfiguration.decode($0, presets: DRAMPresets(folder: repository + "/Configs/dram"))
                }) != nil
        }
        // Timings are also checked against each other, so only values beyond their bounds are tested.
        for entry in entries where entry.type != "name" && entry.range.contains(" to ") {
            let bounds = entry.range.components(separatedBy: " to ").compactMap { Int($0) }
            try #require(bounds.count == 2, "\(entry)")
            #expect(!isRead(entry.key, bounds[0] - 1) && !isRead(entry.key, bounds[1] + 1), "\(entry)")
            // A channel has at most 64 banks, which four ranks of DDR4 have.
            let most = entry.key == "ranks" ? 4 : bounds[1]
            if !entry.key.contains(".") { #expect(isRead(entry.key, bounds[0]) && isRead(entry.key, most), "\(entry)") }
        }
    }
}
