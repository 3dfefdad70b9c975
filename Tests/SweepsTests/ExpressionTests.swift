import TestSupport
import Testing

@testable import Sweeps

@Suite struct ExpressionTests {
    private static let values: [String: ExpressionValue] = [
        "pe_array.rows": .number(16, nil), "pe_array.columns": .number(4, nil),
        "weight_buffer.capacity": .number(65536, .capacity), "clock": .number(8e8, .frequency),
        "datatype.quantize": .truth(false), "mapping.step": .word("channels"), "dram.standard": .word("DDR4-2400"),
    ]

    private static func value(_ text: String) throws -> ExpressionValue {
        try ExpressionParser.parse(text).evaluate { values[$0] }
    }

    @Test(arguments: [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 - 3 - 4", -5), ("16 / 4 / 2", 2), ("7 % 4 * 2", 6), ("-2 * -3", 6),
        ("1.5e1 + 1e-1", 15.1),
        ("pe_array.rows * pe_array.columns", 64), ("weight_buffer.capacity / 1 KiB", 64), ("- - 3", 3),
    ])
    func numbersAreComputed(text: String, expected: Double) throws {
        #expect(try Self.value(text) == .number(expected, nil))
    }

    @Test(arguments: [
        ("pe_array.rows == 16", true), ("pe_array.rows != 16", false), ("1 < 2 and 2 <= 2", true),
        ("1 > 2 or 2 >= 3", false),
        ("not 1 > 2", true), ("not true or true", true), ("not (true or true)", false),
        ("true or false and false", true),
        ("1 < 2 and not 3 < 2", true), ("weight_buffer.capacity == 64 KiB", true),
        ("weight_buffer.capacity < 1MiB", true),
        ("weight_buffer.capacity * 2 == 128 KiB", true), ("64 KiB + 1 B > weight_buffer.capacity", true),
        ("clock >= 800 MHz", true), ("mapping.step == channels", true), ("mapping.step == 'positions'", false),
        ("dram.standard != \"DDR4-2400\"", false), ("datatype.quantize == false", true),
        ("not datatype.quantize", true),
        ("10 ns == 10000000 ns / 1e6", true),
    ])
    func truthsAreComputed(text: String, expected: Bool) throws {
        #expect(try Self.value(text) == .truth(expected))
    }

    /// Syntax errors after a deciding operand are found.
    @Test(arguments: [
        ("", 0, "found the end, expected a key"), ("1 +", 3, "found the end"), ("1 + + 2", 4, "found \"+\""),
        ("(1", 2, "expected )"),
        ("1 2", 2, "expected an operator"), ("1 = 2", 2, "did you mean ==?"), ("a & b", 2, "did you mean and, or?"),
        ("1 < 2 < 3", 6, "a second comparison"), ("'a", 0, "without an end"), ("1 KB", 2, "did you mean KiB?"),
        ("64 kib < 3", 3, "did you mean KiB?"), ("1.2.3 > 1", 0, "expected a number"),
        ("a ? b", 2, "expected a key, a number or an operator"),
        ("1 + true", 2, "a bare number and true or false are incompatible at +"), ("-true", 0, "a minus sign"),
        ("not 1", 0, "found a bare number at not, expected true or false"),
        ("1 and true", 2, "at and, expected true or false"),
        ("false or 1", 6, "found a bare number at or, expected true or false"), ("1 / 0", 2, "division by zero"),
        ("pe_array.rowz == 1", 0, "there is no key \"pe_array.rowz\""),
        (
            "weight_buffer.capacity == 64", 23,
            "a capacity and a bare number are incompatible at ==; a unit is missing"
        ),
        ("weight_buffer.capacity < clock", 23, "a capacity and a frequency are incompatible at <"),
        ("weight_buffer.capacity * 1 KiB", 23, "a capacity and a capacity are incompatible"),
        ("mapping.step < 'a'", 13, "the word \"channels\" and the word \"a\" are incompatible at <"),
    ])
    func errorsHaveOffsets(text: String, offset: Int, message: String) throws {
        let error = try #require(throws: ExpressionError.self) { try Self.value(text) }
        #expect(error.offset == offset && error.message.contains(message), "\(error)")
    }

    /// Random sequences of tokens either have a value or an error with an offset in the text.
    @Test func anyOrderOfTokensParsesOrThrows() throws {
        let words = [
            "1", "2.5", "64 KiB", "pe_array.rows", "a", "'x'", "and", "or", "not", "true", "(", ")", "==", "<", ">=",
            "+", "-", "*", "/", "%",
        ]
        let seed: UInt64 = 7
        var random = SeededGenerator(seed: seed)
        var taken = 0
        for _ in 0..<20_000 {
            let text = (0..<random.number(1...9)).map { _ in random.pick(words) }.joined(separator: " ")
            do {
                _ = try Self.value(text)
                taken += 1
            } catch let error as ExpressionError {
                #expect((0...text.count).contains(error.offset), "seed \(seed): \(text): \(error)")
            }
        }
        #expect(taken > 500, "seed \(seed): \(taken)")
    }

    /// Random trees of whole numbers have the same value as in Swift's arithmetic.
    @Test func randomArithmeticMatchesSwift() throws {
        let seed: UInt64 = 3
        var random = SeededGenerator(seed: seed)
        func tree(_ depth: Int) -> (text: String, value: Double) {
            if depth == 0 || random.below(4) == 0 {
                let value = random.number(0...9)
                return ("\(value)", Double(value))
            }
            let (a, b) = (tree(depth - 1), tree(depth - 1))
            switch random.below(4) {
            case 0: return ("(\(a.text) + \(b.text))", a.value + b.value)
            case 1: return ("(\(a.text) - \(b.text))", a.value - b.value)
            case 2: return ("\(a.text) * \(b.text)", a.value * b.value)
            default: return ("-\(a.text)", -a.value)
            }
        }
        for _ in 0..<2000 {
            let (text, value) = tree(5)
            #expect(try Self.value(text) == .number(value, nil), "seed \(seed): \(text)")
        }
    }
}
