import Files
import TestSupport
import Testing
import YAML

private func value(_ text: String) throws -> Node { try Document.parse("[\(text)]", file: "t").elements()[0] }

@Suite struct NodeTests {
    @Test func marksCountLinesAndCharacters() throws {
        let root = try Document.parse("# ü\r\na: 1\r\nlist: [é, {x: 2}]\n", file: "f.yaml")
        let entries = try #require(root.entries)
        #expect(entries.map(\.name) == ["a", "list"])
        #expect(entries[0].value.mark == Mark(file: "f.yaml", line: 2, column: 4))
        let elements = try entries[1].value.elements()
        #expect(elements[1].mark == Mark(file: "f.yaml", line: 3, column: 11))
        #expect(try elements[1]["x"]?.integer(in: 0...9) == 2)
        #expect(elements[1].error("no").description == "f.yaml:3:11: error: no\n    list: [é, {x: 2}]\n              ^")
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let root = try Document.parse(bytes: [0xEF, 0xBB, 0xBF] + Array("a: 1".utf8), file: "f")
        #expect(root["a"]?.mark.column == 4)
    }

    @Test func aPrefixMovesColumnsOfTheFirstLine() throws {
        let root = try Document.parse("{model: x}", file: "--set", prefix: "dram=")
        let model = try #require(root["model"])
        #expect(model.mark == Mark(file: "--set", line: 1, column: 14))
        #expect(model.error("no").excerpt == "dram={model: x}")
    }

    @Test func longLinesAreCutAroundTheCaret() throws {
        let line = "[" + String(repeating: "1, ", count: 200) + "bad" + String(repeating: ", 1", count: 200) + "]"
        let node = try Document.parse(line, file: "f").elements()[200]
        let lines = node.error("no").description.split(separator: "\n")
        #expect(lines[1].count < 120)
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let offset = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(offset).hasPrefix("bad"))
    }

    @Test func integersAreDecimal() throws {
        #expect(try value("0").integer() == 0)
        #expect(try value("-12").integer() == -12)
        #expect(try value("+7").integer() == 7)
        #expect(try value("9223372036854775807").integer() == Int.max)
        for bad in ["9223372036854775808", "1e3", "0x10", "010", "1_000", "1.0", "''", "'3'", "three", "-", "~", "[1]"]
        {
            #expect(throws: InputError.self, "\(bad)") { try value(bad).integer() }
        }
    }

    @Test func realsAreDecimal() throws {
        #expect(try value("0.25").real() == 0.25)
        #expect(try value("1e-3").real() == 0.001)
        #expect(try value(".5").real() == 0.5)
        #expect(try value("-3.").real() == -3)
        for bad in [".inf", ".nan", "nan", "inf", "0x1p3", "1e999", "1e", ".", "1 2", "'1'", "e5"] {
            #expect(throws: InputError.self, "\(bad)") { try value(bad).real() }
        }
    }

    @Test func booleansAreTrueOrFalse() throws {
        #expect(try value("true").boolean())
        #expect(try value("false").boolean() == false)
        for bad in ["yes", "off", "True", "1", "'true'", "null"] {
            #expect(throws: InputError.self, "\(bad)") { try value(bad).boolean() }
        }
    }

    @Test func stringsAreAsWritten() throws {
        #expect(try value("12").string() == "12")
        #expect(try value("'null'").string() == "null")
        #expect(try value("!!str null").string() == "null")
        #expect(try value("''").string().isEmpty)
        #expect(throws: InputError.self) { try value("null").string() }
        #expect(throws: InputError.self) { try value("{a: 1}").string() }
    }

    @Test func quantitiesHaveUnits() throws {
        #expect(try value("256 KiB").wholeQuantity(.capacity, in: 0...Int.max) == 262_144)
        #expect(try value("512KiB").wholeQuantity(.capacity, in: 0...Int.max) == 524_288)
        #expect(try value("1.5 MiB").wholeQuantity(.capacity, in: 0...Int.max) == 1_572_864)
        #expect(try value("'384 B'").wholeQuantity(.capacity, in: 0...Int.max) == 384)
        #expect(try value("800.1 MHz").quantity(.frequency) == 800.1e6)
        #expect(try value("1.2e-1 GHz").quantity(.frequency) == 0.12e9)
        #expect(try value("16 bit").wholeQuantity(.width, in: 1...64) == 16)
        #expect(try value("45 nm").quantity(.length) == 45)
        #expect(try value("3.1 fJ").quantity(.energy) == 0.0031)
        #expect(try value("5us").quantity(.time) == 5000)
        #expect(try value("900 mV").quantity(.voltage) == 0.9)
        #expect(try value("1.1 V").quantity(.voltage) == 1.1)
        #expect(try value("36 nW").quantity(.power) == 3.6e-5)
        #expect(try value("0.9 uW").quantity(.power) == 0.0009)
        #expect(try value("34 mW").quantity(.power) == 34)
        #expect(try value("1.5 W").quantity(.power) == 1500)
        #expect(try value("3376.47 um2").quantity(.area) == 3376.47)
        #expect(try value("0.00337647 mm2").quantity(.area) == 3376.47)
        #expect(try value("350 K").quantity(.temperature) == 350)
        for bad in [
            "512", "512 KB", "KiB", "-1 B", "0.1 KiB", "1 KiB 2", "1e400 B", "1 bit", "9e99999999999999999999 B",
            "9e18 B",
        ] {
            #expect(throws: InputError.self, "\(bad)") { try value(bad).wholeQuantity(.capacity, in: 0...(1 << 50)) }
        }
    }

    @Test func formattedQuantitiesReadBack() throws {
        #expect(QuantityKind.capacity.format(524_288) == "512 KiB")
        #expect(QuantityKind.capacity.format(384) == "384 B")
        #expect(QuantityKind.capacity.format(0) == "0 B")
        #expect(QuantityKind.frequency.format(800e6) == "800 MHz")
        #expect(QuantityKind.frequency.format(1.25e9) == "1.25 GHz")
        #expect(QuantityKind.length.format(45) == "45 nm")
        #expect(QuantityKind.voltage.format(0.9) == "0.9 V")
        #expect(QuantityKind.power.format(0.25) == "0.25 mW")
        #expect(QuantityKind.power.format(1500) == "1.5 W")
        #expect(QuantityKind.area.format(250) == "250 um2")
        #expect(QuantityKind.area.format(2.5e6) == "2.5 mm2")
        #expect(QuantityKind.temperature.format(300) == "300 K")
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let kind = QuantityKind.allCases[random.below(QuantityKind.allCases.count)]
            let real =
                Double(random.next() >> 11) * Double(sign: .plus, exponent: random.below(60) - 50, significand: 1)
            let number = random.below(2) == 0 ? real.rounded() : real
            let text = kind.format(number)
            #expect(try value(text).quantity(kind) == number, "\(text) of seed 11")
        }
    }

    @Test func unitsWithoutANumberAreErrors() {
        #expect(QuantityKind.capacity.factor(of: "MiB") == 1_048_576)
        #expect(QuantityKind.energy.factor(of: "fJ") == 0.001)
        #expect(QuantityKind.power.factor(of: "nW") == 1e-6)
        #expect(QuantityKind.area.factor(of: "mm2") == 1e6)
        #expect(QuantityKind.area.factor(of: "mm") == nil)
        #expect(QuantityKind.power.expectedUnit(insteadOf: "mw") == "nW, uW, mW or W: did you mean mW?")
        #expect(QuantityKind.area.expectedUnit(insteadOf: "acre") == "um2 or mm2")
    }

    @Test func nearestNamesAreFound() {
        let names = ["rows", "columns", "fifo_depth", "weight_buffer", "input_buffer"]
        #expect(nearestName(to: "fifodepth", among: names) == "fifo_depth")
        #expect(nearestName(to: "fifo-Depth", among: names) == "fifo_depth")
        #expect(nearestName(to: "colums", among: names) == "columns")
        #expect(nearestName(to: "rwos", among: names) == "rows")
        #expect(nearestName(to: "wieght_bufer", among: names) == "weight_buffer")
        #expect(nearestName(to: "zebra", among: names) == nil)
        #expect(nearestName(to: "", among: names) == nil)
    }

    @Test func aliasesRepeatTheirAnchor() throws {
        let root = try Document.parse("a: &x {n: 1}\nb: *x\nc: [*x, *x]\n", file: "f")
        #expect(try root["b"]?["n"]?.integer() == 1)
        #expect(try root["c"]?.elements().count == 2)
    }

    @Test func depthIsCountedThroughAliases() throws {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        _ = try Document.parse("a: &x \(deep)\nb: [[*x]]\n", file: "f")
        let nested = String(repeating: "[", count: 30) + "*x" + String(repeating: "]", count: 30)
        #expect(throws: InputError.self) { try Document.parse("a: &x \(deep)\nb: \(nested)\n", file: "f") }
    }

    @Test func hugeDepthAndHugeSizeEndInErrors() {
        for text in [
            String(repeating: "[", count: 1_000_000), String(repeating: "{a: ", count: 300_000),
            String(repeating: "- ", count: 300_000), String(repeating: "? ", count: 300_000),
            "[" + String(repeating: "\n", count: 1_000_000),
            (0..<300_000).map { "%TAG !a\($0)! b\n" }.joined() + "--- x",
            String(repeating: "a: &a b\n", count: 1_000_000), "a: \"" + String(repeating: "b\n\n", count: 500_000),
            String(repeating: "[{a: ", count: 300_000), "a: |\n" + String(repeating: " \n", count: 500_000) + "- b",
        ] {
            #expect(throws: InputError.self) { try Document.parse(text, file: "f") }
        }
    }

    @Test func missingFilesAndFoldersAreFileErrors() throws {
        for path in ["/nonexistent/x.yaml", "/tmp", "/tmp/\(String(repeating: "x", count: 5000))"] {
            let error = try #require(throws: FileError.self) { try Document.load(path: path) }
            #expect(error.operation == .read && error.path == path && !error.reason.isEmpty)
        }
        #expect(throws: InputError.self) { try Document.load(path: "/dev/zero") }
    }
}

@Suite struct ScalarWritingTests {
    @Test func textsRoundTripEverywhere() throws {
        var texts = [
            "", " ", "mobile", "a b", "12", "1e3", "true", "No", "~", "null", "-", "- a", "a: b", "a #b", "#", "{", "é",
            "\u{85}x",
            "\u{2028}", "\u{FEFF}", "\"", "\\", "'", "a\nb\n", "\t", "\r\n", "2024-01-01", "0x10", "45 nm", "x ", "<<",
            "*a", "&a", "!t", "%",
            "@", "`", ".inf", "---", "...", "\u{7F}", "\u{9F}", "\u{1F600}", "\u{1B}[0m", "a,b", "[]", "key:", "=",
        ]
        var random = SeededGenerator(seed: 5)
        let alphabet = Array("ab 01-:#'\"\\\n\t{}[],&*!|>%@`~é\u{85}\u{2029}.+e")
        for _ in 0..<1000 {
            texts.append(String((0..<random.below(12)).map { _ in alphabet[random.below(alphabet.count)] }))
        }
        for text in texts {
            let written = yamlScalar(text)
            let root = try Document.parse("a: \(written)\nb: [\(written), {c: \(written)}]\n", file: "f")
            #expect(try root["a"]?.string() == text, "\(written)")
            #expect(try root["b"]?.elements()[0].string() == text, "\(written)")
            #expect(try root["b"]?.elements()[1]["c"]?.string() == text, "\(written)")
            #expect(!written.contains("\n"))
        }
    }

    @Test func safeTextsStayPlain() {
        #expect(yamlScalar("mobile") == "mobile")
        #expect(yamlScalar("45 nm") == "45 nm")
        #expect(yamlScalar("12") == "\"12\"")
        #expect(yamlScalar("null") == "\"null\"")
    }
}
