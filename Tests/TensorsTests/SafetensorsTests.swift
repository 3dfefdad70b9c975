import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    @Test func everyTypeRoundTrips() throws {
        var random = SeededGenerator(seed: 2)
        var tensors: [String: Tensor] = [:]
        for type in ElementType.allCases {
            for (index, shape) in [[], [0], [3], [2, 0, 4], [5, 1, 7]].enumerated() {
                let count = shape.reduce(1, *) * type.byteWidth
                let bytes = (0..<count).map { _ in random.byte() }
                tensors["\(type.rawValue)/\(index) \"é\\\n"] = Tensor(type: type, shape: shape, bytes: bytes)
            }
        }
        var writer = SafetensorsWriter()
        writer.metadata = ["format": "pt", "text": "\u{1}\"\\é"]
        for (name, tensor) in tensors { writer.add(name, tensor) }
        try withTemporaryFile { path in
            try writer.write(to: path)
            let file = try SafetensorsFile(path: path)
            #expect(file.names == tensors.keys.sorted())
            #expect(file.metadata == writer.metadata)
            for (name, tensor) in tensors {
                let read = try #require(try file.tensor(name))
                #expect(read.isIdentical(to: tensor), "\(name)")
            }
            #expect(try file.tensor("none") == nil)
        }
    }

    @Test func tensorsOutliveTheFileObject() throws {
        let tensor = try withTemporaryFile { path in
            var writer = SafetensorsWriter()
            writer.add("a", Tensor((0..<1000).map(Float.init), shape: [1000]))
            try writer.write(to: path)
            return try #require(try SafetensorsFile(path: path).tensor("a"))
        }
        #expect(tensor.doubles() == (0..<1000).map(Double.init))
    }

    @Test func unalignedDataIsRead() throws {
        let header =
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
        var bytes = safetensors(header)
        bytes += [7]
        for value: Float in [1.5, -2] { bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        let file = try opened(bytes)
        #expect(try file.tensor("b")?.doubles() == [1.5, -2])
        #expect(try file.tensor("b")?.firstNonFinite() == nil)
    }

    @Test func unsupportedTypesAreRefusedOnRead() throws {
        let file = try opened(safetensors(#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, data: 8))
        #expect(file.names == ["a"])
        #expect(file.description(of: "a")?.type == "I64")
        let error = try #require(throws: InputError.self) { try file.tensor("a") }
        #expect(
            error.message.hasSuffix(
                #"tensor "a" is of type "I64", expected one of F32, F16, BF16, I8, U8, I32, U16 or U64"#)
        )
    }

    @Test(arguments: [
        ("", 0, "an empty header, expected one that begins with {"),
        ("[]", 0, "a header that begins with \"[\", expected one that begins with {"),
        ("{", 0, "expected a string"),
        ("{} x", 0, "found text after the object, expected the end"),
        ("{}", 4, "4 bytes at the end of the file belong to no tensor"),
        (#"{"a":3}"#, 0, "expected an object {"),
        (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, #"tensor "a": dtype is missing"#),
        (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, #"tensor "a": shape is missing"#),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, #"tensor "a": data_offsets is missing"#),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "data_offsets has 1 numbers, expected 2"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "data_offsets [4, 0] end before they begin"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 4, "are beyond the 4 bytes of data"),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
            "shape [2] of F32 takes 8 bytes, but data_offsets span 4"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
            "expected a whole number that is not negative"
        ),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "expected a , or ]"),
        (
            #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0,
            "more elements than can be counted"
        ),
        (#"{"a":{"dtype":"U64","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, 0, "takes too many bytes"),
        (
            #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}"#, 0,
            "a number that does not fit 64 bits"
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2,
            "leaves a gap before it: it begins at 1, expected 0"
        ),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
            3,
            #"tensor "b" overlaps the one before it"#
        ),
        (
            #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
            0,
            #"the name "a" is given twice"#
        ),
        (
            #"{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0,
            #"the name "dtype" is given twice"#
        ),
        (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}"#, 0, #"unknown key "x""#),
        (#"{"__metadata__":{"a":1}}"#, 0, "expected a string"),
        (#"{"a\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0, "half of a surrogate pair"),
    ]) func brokenHeadersAreErrors(header: String, data: Int, message: String) throws {
        let error = try #require(throws: InputError.self) { try opened(safetensors(header, data: data)) }
        #expect(error.message.contains(message), "\(error)")
        let mark = try #require(error.mark)
        #expect(mark.line == 1 && mark.column >= 1 && mark.column <= header.utf8.count + 9)
    }

    @Test func brokenLengthsAreErrors() throws {
        for bytes: [UInt8] in [
            [], [1, 2, 3], [UInt8](repeating: 255, count: 8), [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
            [0, 0xE1, 0xF5, 5, 0, 0, 0, 1], [0, 0xE1, 0xF5, 5, 0, 0, 0, 0, 0x7B, 0x7D],
        ] {
            #expect(throws: InputError.self, "\(bytes)") { try opened(bytes) }
            try withTemporaryFile { path in
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                #expect(throws: InputError.self, "\(bytes)") { try SafetensorsFile(path: path) }
            }
        }
    }

    @Test func unreadableFilesAreErrors() throws {
        for path in ["/nonexistent.safetensors", "/tmp", "/dev/null"] {
            let error = try #require(throws: FileError.self) { try SafetensorsFile(path: path) }
            #expect(error.operation == .read && error.path == path)
        }
    }

    @Test func mutatedFilesOpenOrThrow() throws {
        var writer = SafetensorsWriter()
        writer.metadata = ["a": "b\n"]
        writer.add("x", Tensor([1, 2, 3] as [Float], shape: [3]))
        writer.add("y", Tensor([1, 2] as [UInt64], shape: [1, 2]))
        writer.add("z", Tensor(type: .u8, shape: [5], bytes: [1, 2, 3, 4, 5]))
        try withTemporaryFile { path in
            try writer.write(to: path)
            let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            let marks = Array("0123456789[]{},:\"\\-. ".utf8)
            var outcomes = (opened: 0, refused: 0)
            for seed in 0..<3000 as Range<UInt64> {
                var random = SeededGenerator(seed: seed)
                var bytes = original
                for _ in 0...random.below(3) {
                    let place = random.below(bytes.count)
                    switch random.below(5) {
                    case 0: bytes[place] = random.byte()
                    case 1: bytes[place] = marks[random.below(marks.count)]
                    case 2: bytes.remove(at: place)
                    case 3: bytes.insert(0x39, at: place)
                    default: bytes.removeLast(random.below(min(bytes.count, 20)))
                    }
                }
                do {
                    let file = try SafetensorsFile(bytes: bytes, path: "t")
                    for name in file.names {
                        guard let tensor = try? file.tensor(name) else { continue }
                        _ = (tensor.doubles(), tensor.nonZeroFlags(), tensor.firstNonFinite())
                        if tensor.type.isUnsigned { #expect(tensor.words().count == tensor.count) }
                    }
                    outcomes.opened += 1
                } catch is InputError {
                    outcomes.refused += 1
                } catch {
                    Issue.record("seed \(seed): \(error)")
                }
            }
            #expect(outcomes.opened > 20 && outcomes.refused > 100)
        }
    }
}
