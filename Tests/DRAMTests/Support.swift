import DRAM
import Foundation
import Testing
import YAML

/// Helpers of several tests.
enum Support {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// The folder of the shipped presets.
    static let presets = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Configs/dram").path

    /// The mapping of DRAMsim3's files of DDR: a stream runs through a row of one bank.
    static let columnsLowest = "address_mapping: ro ch ra ba bg co"

    /// The memory of a YAML text.
    static func memory(_ yaml: String) throws -> DRAMConfiguration {
        try DRAMConfiguration.decode(
            try Document.parse(yaml, file: "memory.yaml"), presets: DRAMPresets(folder: presets))
    }

    /// Memories by the names of `Data/dramsim3.csv`, with the mappings of DRAMsim3's files.
    static func memory(named name: String) throws -> DRAMConfiguration {
        let descriptions = [
            "ddr4_2400_1r": "{standard: DDR4-2400, \(columnsLowest)}",
            "ddr4_2400_2r": "{standard: DDR4-2400, ranks: 2, \(columnsLowest)}",
            "hbm2_1ch": "{standard: HBM2, address_mapping: ro ra bg ba ch co}",
        ]
        return try memory(try #require(descriptions[name]))
    }

    /// The rows of a CSV file in `Data`, each by its column's name.
    static func table(_ name: String) throws -> [[String: String]] {
        let url = tests.appendingPathComponent("Data").appendingPathComponent(name)
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let header = try #require(lines.first)
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
    }
}
