import Files
import Foundation
import Hardware
import TestSupport
import Testing

@Suite struct LoadingTests {
    @Test func defaultsApplyWithoutAFile() throws {
        #expect(try Configuration.load(path: nil) == Configuration())
    }

    @Test func extendsLaysKeysOverAnotherFile() throws {
        let files = [
            "a.yaml": "name: a\npe_array: {rows: 8, columns: 4}\nclock: 1 GHz\n",
            "sub/b.yaml": "extends: ../a.yaml\nname: b\npe_array: {rows: 2}\n",
            "c.yaml": "extends: sub/b.yaml\npe_array: {multipliers: 3}\n",
        ]
        try withFiles(files) { folder in
            let configuration = try Configuration.load(path: folder + "/c.yaml", overrides: ["pe_array.columns=5"])
            var expected = Configuration()
            expected.name = "b"
            expected.clock = Hertz(1e9)
            expected.peArray.rows = 2
            expected.peArray.columns = 5
            expected.peArray.multipliers = 3
            #expect(configuration == expected)
        }
    }

    @Test func missingFilesAreFileErrors() throws {
        let error = try #require(throws: FileError.self) { try Configuration.load(path: "/nonexistent.yaml") }
        #expect(error.mark == nil)
        try withFiles(["a.yaml": "name: a\nextends: b.yaml\n"]) { folder in
            let error = try #require(throws: FileError.self) { try Configuration.load(path: folder + "/a.yaml") }
            #expect(error.mark == Mark(file: folder + "/a.yaml", line: 2, column: 10))
        }
    }

    @Test func overridesApplyInOrder() throws {
        let configuration = try Configuration.load(
            path: nil, overrides: ["pe_array.rows=32", "pe_array={columns: 3, rows: 7}", "pe_array.rows=9", "name=x y"])
        #expect(configuration.peArray.rows == 9)
        #expect(configuration.peArray.columns == 3)
        #expect(configuration.name == "x y")
    }

    @Test func aNamedMemoryReplacesTheWholeMemory() throws {
        try withFiles(["a.yaml": "dram: {standard: DDR3-1600, channels: 2}\n"]) { folder in
            let path = folder + "/a.yaml"
            guard case .standard(let standard) = try Configuration.load(path: path).dram else {
                Issue.record("expected a standard")
                return
            }
            #expect(standard.lines == ["standard: DDR3-1600", "channels: 2"])
            for override in ["dram={model: ideal}", "dram.model=ideal"] {
                let configuration = try Configuration.load(path: path, overrides: [Override(override)])
                #expect(configuration == Configuration())
            }
        }
    }

    @Test(arguments: [
        ("pe_array.row=3", 10, #"unknown key "row" in pe_array: did you mean "rows"?"#),
        ("pe_aray.rows=3", 1, #"unknown key "pe_aray" in the configuration: did you mean "pe_array"?"#),
        ("pe_array.rows=0", 15, #"found "0", expected a whole number from 1 to 1024"#),
        ("pe_array.rows=", 14, #"found no value after the "=""#),
        ("pe_array.rows", 1, #"found no "=", expected KEY=VALUE"#),
        ("pe_array..rows=3", 10, "found no key"),
        ("=3", 1, "found no key"),
        ("pe_array.rows.x=3", 15, "found a mapping, expected a whole number"),
        ("pe_array={rows: 3, colums: 4}", 20, #"unknown key "colums""#),
        ("dram={model: bandwidth}", 6, #"the key "bytes_per_cycle" is missing"#),
        ("pe_array.rows=[", 16, "invalid YAML"),
        ("extends=mobile.yaml", 1, "found extends outside of a configuration's file"),
    ]) func brokenOverridesHaveMarks(text: String, column: Int, message: String) throws {
        let error = try #require(throws: InputError.self) {
            try Configuration.load(path: nil, overrides: [Override(text)])
        }
        #expect(error.mark == Mark(file: "--set \(text)", line: 1, column: column), "\(error)")
        #expect(error.message.hasPrefix(message), "\(error)")
        #expect(error.excerpt == text)
    }
}

@Suite struct ConfigurationLibraryTests {
    private func library(
        _ directory: String? = nil, _ environment: [String: String] = [:], executable: String? = nil,
        in folder: String = "/"
    ) throws -> ConfigurationLibrary {
        try ConfigurationLibrary(
            directory: directory, environment: environment, executable: executable, workingDirectory: folder)
    }

    @Test func foldersAreSearchedInOrder() throws {
        let names = ["option", "variable", "bin", "project"]
        var files = Dictionary(uniqueKeysWithValues: names.map { ("\($0)/Configs/\($0).yaml", "{}") })
        files["bin/debug/x"] = ""
        files["project/deep/deeper/x"] = ""
        try withFiles(files) { folder in
            let option = folder + "/option/Configs"
            let environment = ["WINOSIM_CONFIGS": folder + "/variable/Configs"]
            let executable = folder + "/bin/debug/winosim"
            let work = folder + "/project/deep/deeper"
            func found(_ library: ConfigurationLibrary) throws -> [String] { try library.list().map(\.name) }
            #expect(try found(library(option, environment, executable: executable, in: work)) == ["option"])
            #expect(try found(library(nil, environment, executable: executable, in: work)) == ["variable"])
            #expect(try found(library(nil, [:], executable: executable, in: work)) == ["bin"])
            #expect(try found(library(nil, ["WINOSIM_CONFIGS": ""], executable: nil, in: work)) == ["project"])
            #expect(throws: FileError.self) { try library(folder + "/none") }
            #expect(throws: FileError.self) { try library(nil, ["WINOSIM_CONFIGS": folder + "/none"]) }
            let empty = try library(nil, [:], executable: executable, in: "/nonexistent")
            #expect(empty.folder == folder + "/bin/Configs")
        }
    }

    @Test func aMissingFolderListsTheSearchedFolders() throws {
        let library = try library(nil, [:], executable: "/nonexistent/bin/winosim", in: "/nowhere/at/all")
        guard library.folder == nil else { return }
        let error = try #require(throws: FileError.self) { try library.resolve("mobile") }
        for place in ["--configs", "$WINOSIM_CONFIGS", "/nonexistent/bin/Configs", "/nowhere/at/Configs", " /Configs"] {
            #expect(error.reason.contains(place), "\(error)")
        }
    }

    @Test func namesAndPathsAreResolved() throws {
        let files = [
            "Configs/mobile.yaml": "# A phone's chip.\nname: mobile\n", "Configs/server.yaml": "name: x\n",
            "Configs/energy/default.yaml": "{}", "Configs/published/npu-64.yaml": "{}", "own.yaml": "{}",
        ]
        try withFiles(files) { folder in
            let library = try library(folder + "/Configs")
            #expect(try library.resolve("npu-64") == folder + "/Configs/published/npu-64.yaml")
            #expect(try library.resolve("mobile") == folder + "/Configs/mobile.yaml")
            #expect(try library.resolve("mobile.yaml") == folder + "/Configs/mobile.yaml")
            #expect(try library.resolve(folder + "/own.yaml") == folder + "/own.yaml")
            #expect(try library.resolve("./none.yaml") == "./none.yaml")
            #expect(try library.list().map(\.name) == ["mobile", "server"])
            #expect(try library.list().map(\.comment) == ["A phone's chip.", ""])
            let error = try #require(throws: FileError.self) { try library.resolve("mobil") }
            let expected = #"did you mean "mobile"? expected one of mobile, server, npu-64"#
            #expect(error.reason.contains(expected), "\(error)")
        }
    }
}
