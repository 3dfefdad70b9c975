import DRAM
import Files
import Foundation
import Testing

@Suite struct RequestTraceTests {
    private func parse(_ text: String) throws -> [DRAMRequest] {
        try RequestTrace.parse(Array(text.utf8), file: "t.trc")
    }

    @Test func linesAreRequests() throws {
        let requests = try parse("0x1f40 READ 12\n\n  0XAbC\tWRITE  0 \r\n0x0 READ 9007199254740992")
        #expect(
            requests == [
                DRAMRequest(address: 0x1F40, isWrite: false, cycle: 12),
                DRAMRequest(address: 0xABC, isWrite: true, cycle: 0),
                DRAMRequest(address: 0, isWrite: false, cycle: 1 << 53),
            ])
    }

    static let errors: [(String, String)] = [
        ("", "1:1: error: found no request"),
        ("\n\n", "1:1: error: found no request"),
        ("0x40 READ 0\n1f40 READ 12\n", "2:1: error: found \"1f40\", expected an address in hexadecimal"),
        ("0x40 READ 0\n\n  0x READ 12\n", "3:3: error: found \"0x\", expected an address"),
        ("0x4g READ 0", "1:1: error: found \"0x4g\", expected an address"),
        ("0x40", "1:1: error: found \"0x40\", expected an address in hexadecimal such as 0x1f40, followed by a type"),
        ("0x10000000000000000 READ 0", "1:1: error: found \"0x10000000000000000\", expected an address below 2^63"),
        ("0x40 REED 0", "1:6: error: found \"REED\", expected READ or WRITE"),
        ("0x40 READ", "1:6: error: found \"READ\", expected READ or WRITE, followed by a cycle"),
        ("0x40 READ \n0x80 READ 1", "1:11: error: found nothing, expected a memory clock"),
        ("0x40 WRITE -1", "1:12: error: found \"-1\", expected a memory clock"),
        ("0x40 WRITE 9007199254740993", "1:12: error: found \"9007199254740993\", expected a memory clock"),
        ("0x40 WRITE 99999999999999999999999", "1:12: error: found \"99999999999999999999999\""),
        ("0x40 WRITE 1 2", "1:14: error: found \"2\", expected the end of the line"),
    ]

    @Test(arguments: errors) func faultsAreErrors(_ text: String, _ message: String) throws {
        let error = try #require(throws: InputError.self) { try parse(text) }
        #expect("\(error)".hasPrefix("t.trc:" + message), "\(error)")
    }

    @Test func arbitraryBytesNeverTrap() {
        var random = SplitMix64(seed: 7)
        let letters = Array("0x1fREADWRITE 12\n\t\r\u{FF}".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<random.below(60)).map { _ in letters[random.below(letters.count)] }
            _ = try? RequestTrace.parse(bytes, file: "t.trc")
        }
    }

    @Test func filesAreRead() throws {
        #expect(throws: FileError.self) { try RequestTrace.load(path: "no/such/trace") }
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("winosim-\(UUID().uuidString).trc")
        defer { try? FileManager.default.removeItem(at: url) }
        let requests = RequestTraces.make("f_tile_rw")
        let text = requests.map { "0x\(String($0.address, radix: 16)) \($0.isWrite ? "WRITE" : "READ") \($0.cycle)\n" }
        try Data(text.joined().utf8).write(to: url)
        #expect(try RequestTrace.load(path: url.path) == requests)
    }
}
