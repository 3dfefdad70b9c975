import Files
import Foundation
import Hardware
import Reports
import Simulation
import TestSupport
import Testing
import Traces
import YAML

@testable import Engine

/// The figures of a summary. Foundation's untyped reader rounds reals; the typed one is exact.
private struct Figures: Decodable {
    enum Value: Decodable {
        case number(Double)
        case text(String)
        case null

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    let layers: [[String: Value]]
    let total: [String: Value]
}

@Suite struct FileTests {
    private static let firstColumns = """
        layer, algorithm, cycles, time_us, utilization, multiplies, ineffectual_multiplies, dense_multiplies, \
        multiply_reduction, weight_density, activation_density, slots, useful, ineffectual, underfill, unmapped, \
        imbalance, weight_fetch, input_fetch, input_transform, dram_weights, dram_inputs, dram_outputs, drain, bound_by, \
        cycles_array, cycles_issue, cycles_weight_fetch, cycles_input_fetch, cycles_input_transform, cycles_dram_weights, \
        cycles_dram_inputs, cycles_dram_outputs, cycles_drain, dram_read_bytes, dram_write_bytes, \
        dram_bandwidth_utilization, dram_row_hit_rate, multiply_energy_pJ, energy_pJ
        """

    @Test func columnsKeepTheirOrder() throws {
        let report = try HandMade.report()
        let names = Self.firstColumns.components(separatedBy: ", ")
        let layers = parseCSV(String(decoding: report.layersCSV(), as: UTF8.self))
        #expect(Array(layers[0].prefix(names.count)) == names)
        #expect(Set(layers[0]).count == layers[0].count)
        #expect(layers.allSatisfy { $0.count == layers[0].count })
        let energy = parseCSV(String(decoding: report.energyCSV(), as: UTF8.self))
        #expect(
            energy[0].joined(separator: ", ")
                == "layer, component, action, count, energy_per_action_pJ, energy_pJ, share, source, table, family")
        let area = parseCSV(String(decoding: report.areaCSV(), as: UTF8.self))
        #expect(
            area[0].joined(separator: ", ")
                == "component, part, count, area_each_um2, area_mm2, share, source, table")
    }

    @Test func totalHoldsSumsAndRatiosOfSums() throws {
        let rows = table(try HandMade.report().layersCSV())
        let total = try #require(rows.last)
        #expect(rows.map { $0["layer"] } == ["conv1", "conv2", "fc", "total"])
        #expect(total["algorithm"] == "")
        #expect(total["cycles"] == "2001000")
        #expect(total["time_us"] == "2501.25")
        #expect(total["weight_density"] == "0.5")
        #expect(total["activation_density"] == "\(5000.0 / 9000.0)")
        #expect(total["utilization"] == "\(1_500_700_000.0 / 2_049_024_000.0)")
        // The gated products of conv1 are not in the denominator.
        #expect(total["multiply_reduction"] == "\(15_001_400_000.0 / 1_500_700_000.0)")
        for column in ["slots", "useful", "drain", "multiplies", "dense_multiplies", "dram_read_bytes", "passes"] {
            let sum = rows.dropLast().compactMap { Int($0[column] ?? "") }.reduce(0, +)
            #expect(total[column] == "\(sum)", "\(column)")
        }
        for column in ["energy_pJ", "multiply_energy_pJ"] {
            let sum = rows.dropLast().compactMap { Double($0[column] ?? "") }.reduce(0, +)
            #expect(total[column] == "\(sum)", "\(column)")
        }
    }

    @Test func undefinedRatiosAreEmpty() throws {
        let idle = table(try HandMade.report().layersCSV())[2]
        for column in ["utilization", "multiply_reduction", "weight_density", "activation_density"] {
            #expect(idle[column] == "", "\(column)")
        }
        #expect(idle["cycles"] == "0")
        #expect(idle["energy_pJ"] == "0.0")
        let energy = table(try HandMade.report().energyCSV()).filter { $0["layer"] == "fc" }
        #expect(energy.count > 20 && energy.allSatisfy { $0["share"] == "" })
        let full = table(try HandMade.report().layersCSV())[0]
        #expect(full["dram_bandwidth_utilization"] == "" && full["dram_row_hit_rate"] == "")
    }

    @Test func realsReadBackExactly() throws {
        var seed = UInt64(20_240_611)
        for _ in 0..<200 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var activity = Activity()
            activity.timing.cycles = Int(seed >> 33)
            activity.workload.weights = Int(seed >> 40) + 1
            activity.workload.nonZeroWeights = Int(seed % UInt64(activity.workload.weights + 1))
            activity.array.usefulProducts = Int(seed >> 24)
            let report = try HandMade.report([
                LayerActivity(
                    name: "a", shape: LayerShape(channels: 1, filters: 1), algorithm: .linear, note: nil,
                    activity: activity)
            ])
            let row = table(report.layersCSV())[0]
            #expect(Double(row["time_us"] ?? "") == Double(activity.cycles) / 800e6 * 1e6, "seed \(seed)")
            #expect(Double(row["weight_density"] ?? "") == activity.workload.weightDensity, "seed \(seed)")
            let energy = table(report.energyCSV())
            let parts = energy.compactMap { Double($0["energy_pJ"] ?? "") }.reduce(0, +)
            #expect(Double(row["energy_pJ"] ?? "") == parts, "seed \(seed)")
            let product =
                Double(activity.array.usefulProducts) * (Double(energy[0]["energy_per_action_pJ"] ?? "") ?? .nan)
            #expect(Double(energy[0]["energy_pJ"] ?? "") == product, "seed \(seed)")
        }
    }

    @Test func sharesOfALayerAddUp() throws {
        let rows = table(try HandMade.report().energyCSV())
        for layer in ["conv1", "conv2"] {
            let shares = rows.filter { $0["layer"] == layer }.compactMap { Double($0["share"] ?? "") }
            #expect(shares.count == rows.filter { $0["layer"] == layer }.count)
            #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
        }
    }

    /// A note says what was asked for and not done, and how a shared buffer was split.
    @Test(arguments: [nil, "runs direct"]) func notesSayHowBanksWereSplit(note: String?) throws {
        var layer = HandMade.second.activity
        (layer.weights.banks, layer.inputs.banks) = (9, 23)
        let split = LayerActivity(
            name: "split", shape: HandMade.second.shape, algorithm: .direct, note: note, activity: layer)
        let report = try HandMade.report([HandMade.second.named("other"), split, HandMade.second.named("last")])
        let rows = table(report.layersCSV())
        let words = "weights take 9 of 32 banks"
        #expect(rows.map { $0["note"] } == ["", note.map { "\($0); \(words)" } ?? words, "", ""])
        let lines = report.terminal(width: 120).split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("split: \(words)") })
    }

    @Test(arguments: ["a,b", "say \"hi\"", "two\nlines", "cr\rhere", "\"", "plain", "ümläut"])
    func quotedNamesReadBack(name: String) throws {
        let report = try HandMade.report([HandMade.second.named(name, note: "n, \(name)")])
        let row = try #require(table(report.layersCSV()).first)
        #expect(row["layer"] == name)
        #expect(row["note"] == "n, \(name)")
        #expect(table(report.energyCSV()).allSatisfy { $0["layer"] == name })
        let text = String(decoding: report.layersCSV(), as: UTF8.self)
        #expect(text.contains("\n\"") == (name.contains { ",\"\n\r".contains($0) }))
    }

    @Test func summaryIsJSONWithTheSameFigures() throws {
        let report = try HandMade.report([HandMade.first, HandMade.second.named("a \"quoted\\\n\u{1}name\u{7F}")])
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(report.summaryJSON())) as? [String: Any])
        let figures = try JSONDecoder().decode(Figures.self, from: Data(report.summaryJSON()))
        let layers = try #require(root["layers"] as? [[String: Any]])
        #expect(layers[1]["layer"] as? String == "a \"quoted\\\n\u{1}name\u{7F}")
        let rows = table(report.layersCSV())
        for (row, object) in zip(rows, figures.layers + [figures.total]) {
            #expect(Set(row.keys) == Set(object.keys))
            for (name, text) in row {
                switch object[name] {
                case .number(let value): #expect(Double(text) == value, "\(name)")
                case .text(let value): #expect(text == value)
                default: #expect(text.isEmpty, "\(name)")
                }
            }
        }
        #expect((root["energy"] as? [[String: Any]])?.count == table(report.energyCSV()).count)
        let names = try #require(root["columns"] as? [[String: String]]).map { $0["name"] }
        #expect(names == parseCSV(String(decoding: report.layersCSV(), as: UTF8.self))[0])
        let trace = try #require(root["trace"] as? [String: Any])
        #expect(trace["name"] as? String == "tiny" && trace["digest"] as? String == "00ff")
        #expect(trace["path"] as? String == "traces/tiny.yaml")
        #expect(root["seed"] as? Int == 7)
    }

    @Test func theSummarysConfigurationLoadsBack() throws {
        let report = try HandMade.report()
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(report.summaryJSON())) as? [String: Any])
        let yaml = try #require(root["configuration_yaml"] as? String)
        let configuration = try Configuration.decode(Document.parse(yaml, file: "summary"))
        #expect(configuration.peArray.gating && configuration.name == "mobile")
        let nested = try #require(root["configuration"] as? [String: Any])
        let array = try #require(nested["pe_array"] as? [String: Any])
        #expect(array["rows"] as? Int == 16)
        #expect(array["gating"] as? Bool == true)
        #expect(array["zero_skipping"] as? String == "both")
        #expect((nested["datatype"] as? [String: Any])?["weights"] as? String == "16 bit")
    }

    @Test func writesItsFiles() throws {
        let folder = try Folder()
        let report = try HandMade.report()
        for _ in 0..<2 { try report.write(to: folder.file("runs/first")) }
        #expect(
            folder.names(in: "runs/first") == ["area.csv", "energy.csv", "layers.csv", "mapping.csv", "summary.json"])
        for (name, bytes) in [
            ("area.csv", report.areaCSV()), ("energy.csv", report.energyCSV()), ("layers.csv", report.layersCSV()),
            ("summary.json", report.summaryJSON()),
        ] {
            #expect([UInt8](try folder.bytes("runs/first/\(name)")) == bytes)
        }
    }

    /// Keys of a verification are tested in `VerificationTests`.
    @Test func everyKeyOfASummaryIsOnItsPage() throws {
        let page = try #require(Page.named("OutputFiles"))
        let report = try HandMade.report([HandMade.first], showsSensitivity: true)
        let text = String(decoding: report.summaryJSON(), as: UTF8.self)
        let keys = text.matches(of: #/\n  "(\w+)": /#).map { String($0.1) }
        let listed = page.table("summary.json").map { $0[0] }
        #expect(keys.count > 15 && listed.filter { !$0.hasPrefix("verification") } == keys)
    }

    @Test func sensitivityIsWrittenWhereItIsAskedFor() throws {
        let folder = try Folder()
        let layers = [HandMade.first, HandMade.second]
        let (plain, report) = (try HandMade.report(layers), try HandMade.report(layers, showsSensitivity: true))
        #expect(try report.write(to: folder.path).contains("sensitivity.csv"))
        #expect(!String(decoding: plain.summaryJSON(), as: UTF8.self).contains("sensitivity"))
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(report.summaryJSON())) as? [String: Any])
        let rows = table(try [UInt8](folder.bytes("sensitivity.csv")))
        #expect((root["sensitivity"] as? [[String: Any]])?.count == rows.count)
        #expect(
            rows.map { $0["figures"] } == ["none"]
                + ["register", "wire", "logic", "sram", "dram"].flatMap { [$0, $0] })
        let total = try #require(table(report.layersCSV()).last?["energy_pJ"])
        #expect(rows[0]["energy_pJ"] == total && rows[0]["energy_ratio"] == "1.0")
        for (half, twice) in [(1, 2), (3, 4), (5, 6), (7, 8)] {
            let energies = [half, 0, twice].compactMap { Double(rows[$0]["energy_pJ"] ?? "") }
            #expect(energies.count == 3 && energies[0] <= energies[1] && energies[1] <= energies[2])
            // Energies are linear in a family's figures.
            #expect(
                abs((energies[2] - energies[1]) / (energies[1] - energies[0]) - 2) < 1e-6 || energies[0] == energies[1])
        }
        #expect(report.terminal().contains("\nfigures      times"))
        #expect(!plain.terminal().contains("\nfigures      times"))
    }

    @Test func areasAddUp() throws {
        let rows = table(try HandMade.report().areaCSV())
        #expect(abs(rows.compactMap { Double($0["share"] ?? "") }.reduce(0, +) - 1) < 1e-12)
        for row in rows {
            func value(_ column: String) -> Double { Double(row[column] ?? "") ?? .nan }
            let expected = value("area_each_um2") * value("count") / 1e6
            #expect(abs(value("area_mm2") / expected - 1) < 1e-12)
        }
    }

    @Test func impossibleFoldersAreRefused() throws {
        let folder = try Folder(["file": ""])
        let file = folder.file("file")
        let report = try HandMade.report()
        for (path, reason) in [
            (file, "found a file, expected a folder"), (file + "/below", "Not a directory"),
            ("/proc/winosim", "No such file or directory"),
        ] {
            let error = #expect(throws: FileError.self) { try report.write(to: path) }
            #expect(error == FileError(.write, path: path, reason: reason))
        }
        #expect(folder.names() == ["file"])
    }
}
