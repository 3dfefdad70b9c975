import DRAM
import Files
import Foundation
import TestSupport
import Testing
import YAML

@testable import Hardware

/// A configuration has a complete memory.
@Suite struct MemoryTests {
    private static let preset = "\(repository)/Configs/dram/DDR4-2400.yaml"

    /// A folder of shipped configurations with only one preset.
    private static func shipped() throws -> (folder: Folder, library: ConfigurationLibrary) {
        let folder = try Folder(["Configs/own.yaml": "dram: {standard: DDR4-2400, channels: 2}\n"])
        try folder.copy(preset, to: "Configs/dram/DDR4-2400.yaml")
        let library = try ConfigurationLibrary(
            directory: folder.file("Configs"), environment: [:], executable: nil, workingDirectory: "/")
        return (folder, library)
    }

    @Test func aStandardIsResolvedWithItsPreset() throws {
        let (folder, library) = try Self.shipped()
        defer { withExtendedLifetime(folder) {} }
        let machine = try Configuration.load(
            path: library.resolve("own"), overrides: ["dram.timings.tRCD=20"], library: library)
        let dram = try #require(machine.dram.dramConfiguration)
        #expect(dram.standard == "DDR4-2400" && dram.organization.channels == 2)
        #expect(dram.timings.tRCD == 20 && dram.timings.tRP == 17)
        guard case .standard(let standard) = machine.dram else { return }
        #expect(standard.lines == ["standard: DDR4-2400", "channels: 2", "timings: {tRCD: 20}"])
        #expect(standard.preset?["organization"]?["rows"]?.text == "65536")
        #expect(try Configuration.decode(Document.parse(machine.yaml(), file: "again"), library: library) == machine)
    }

    /// A preset is read once: after that a library does not read its file.
    @Test func presetsAreReadOnce() throws {
        let (folder, library) = try Self.shipped()
        let own = folder.file("Configs/own.yaml")
        let first = try Configuration.load(path: own, library: library)
        try FileManager.default.removeItem(atPath: folder.file("Configs/dram"))
        #expect(try Configuration.load(path: own, library: library) == first)
        let error = #expect(throws: InputError.self) {
            try Configuration.load(path: nil, overrides: ["dram.standard=HBM2"], library: library)
        }
        #expect(error?.message.hasSuffix("has no presets") == true)
    }

    /// Without a library the presets are those above the file that names the standard.
    @Test func presetsAreFoundFromTheFile() throws {
        let (folder, _) = try Self.shipped()
        let text = try String(contentsOfFile: Self.preset, encoding: .utf8)
        try folder.write(text.replacing("read_queue: 32", with: "read_queue: 31"), to: "Configs/dram/DDR4-2400.yaml")
        try folder.write("dram: {standard: DDR4-2400}\n", to: "deep/deeper/mine.yaml")
        let found = try Configuration.load(path: folder.file("deep/deeper/mine.yaml")).dram.dramConfiguration
        #expect(found?.readQueue == 31)
    }

    @Test(arguments: [
        ("dram.standard=LPDDR4-3300", 15, "unknown standard \"LPDDR4-3300\": did you mean \"LPDDR4-3200\"?"),
        ("dram={standard: HBM2, chanels: 2}", 23, "unknown key \"chanels\" in dram: did you mean \"channels\"?"),
        ("dram={standard: HBM2, timings: {tRAS: 3}}", 39, "tRAS of 3 is below tRCD of"),
        ("dram={ranks: 2}", 7, "\"ranks\" is a key of a DRAM standard"),
    ])
    func faultsAreErrorsOnLoading(text: String, column: Int, message: String) throws {
        let error = try #require(throws: InputError.self) {
            try Configuration.load(path: nil, overrides: [Override(text)])
        }
        #expect(error.mark == Mark(file: "--set \(text)", line: 1, column: column), "\(error)")
        #expect(error.message.hasPrefix(message), "\(error)")
    }

    /// Timings are checked against each other after all of them are read.
    @Test func timingsAreCheckedTogetherAtTheEnd() throws {
        let machine = try Configuration.load(
            base: nil, overrides: ["dram={standard: HBM2, timings: {tRAS: 3}}"], checksTogether: false)
        #expect(machine.dram.dramConfiguration?.timings.tRAS == 3)
        #expect(throws: InputError.self) { try machine.dram.check() }
    }

    @Test func memoriesAreEqualInAnyFile() throws {
        func memory(_ text: String, _ file: String) throws -> Memory {
            try Configuration.decode(Document.parse("dram: {\(text)}", file: file)).dram
        }
        let one = try memory("standard: HBM2, channels: 2", "a")
        #expect(try one == memory("standard:   HBM2, channels: 2", "b"))
        #expect(try one != memory("standard: HBM2, channels: 4", "a"))
        let made = Memory.standard(MemoryStandard(try #require(one.dramConfiguration)))
        var other = DRAMConfiguration()
        other.energySource = "elsewhere"
        #expect(Memory.standard(MemoryStandard(DRAMConfiguration())) != .standard(MemoryStandard(other)))
        var machine = Configuration()
        machine.dram = made
        let again = try Configuration.decode(Document.parse(machine.yaml(), file: "c"))
        #expect(again.dram.dramConfiguration == made.dramConfiguration)
    }
}
