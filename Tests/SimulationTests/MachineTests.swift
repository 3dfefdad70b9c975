import Files
import Foundation
import Hardware
import Simulation
import TestSupport
import Testing
import Traces

@Suite struct MachineTests {
    /// The call of the README: a path or a name, and the shipped files are found from there.
    @Test func aMachineIsLoadedFromAPathOrAName() throws {
        let machine = try Machine.load(path: "\(repository)/Configs/mobile.yaml")
        #expect(machine.configuration.dram.dramConfiguration?.standard == "LPDDR4-3200")
        let named = try Machine.load(path: "mobile", library: shippedLibrary())
        #expect(named.configuration == machine.configuration && named.model.areas == machine.model.areas)
        let error = #expect(throws: FileError.self) { try Machine.load(path: "mobil", library: shippedLibrary()) }
        #expect(error?.reason.contains("did you mean \"mobile\"?") == true)
    }

    /// A file anywhere below the shipped folder can extend a shipped machine by name; its memory and tables are found
    /// there.
    @Test func shippedFilesAreFoundFromTheMachinesFile() throws {
        let folder = try Folder(["mine/wide.yaml": "extends: mobile\nname: wide\npe_array: {rows: 32}\n"])
        try folder.copy("\(repository)/Configs", to: "Configs")
        let machine = try Machine.load(path: folder.file("mine/wide.yaml"), overrides: ["clock=1 GHz"])
        #expect(machine.configuration.name == "wide" && machine.configuration.clock == .megahertz(1000))
        #expect(machine.model.tables.files.allSatisfy { $0.hasPrefix(folder.path) }, "\(machine.model.tables.files)")
    }

    /// After loading, a machine reads no file.
    @Test func aMachineIsComplete() async throws {
        let folder = try Folder()
        try folder.copy("\(repository)/Configs", to: "Configs")
        let machine = try Machine.load(path: folder.file("Configs/mobile.yaml"))
        let trace = Trace(
            model: "one layer",
            layers: [
                Layer(
                    name: "fc", operation: .linear, shape: LayerShape(channels: 64, filters: 32),
                    weights: .density(0.5, .spatial, Spread()), activations: .density(0.5, .spatial, Spread()))
            ])
        let first = try await Simulator(machine).run(trace)
        try FileManager.default.removeItem(atPath: folder.file("Configs"))
        let again = try await Simulator(machine).run(trace)
        #expect(again.total.activity == first.total.activity && again.total.energy == first.total.energy)
        #expect(first.total.cycles > 0 && first.layers[0].energy.total == first.total.energy)
        #expect("\(first.total.energy)" == "\(first.total.energy.value) pJ")
    }

    @Test func clocksTooSlowAreRefusedOnLoading() throws {
        let error = #expect(throws: InputError.self) {
            try Machine.load(path: "mobile", overrides: ["clock=100 Hz"], library: shippedLibrary())
        }
        #expect(error?.mark?.column == 7 && error?.message.contains("at least 382 Hz") == true)
    }
}

/// What ships.
private func shippedLibrary() throws -> ConfigurationLibrary {
    try ConfigurationLibrary(
        directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
}
