import Reports
import Testing
import Traces

/// The warning about operations of the model that the trace lacks.
@Suite struct NotExportedTests {
    private func entry(_ name: String, _ number: Int?, _ operation: String = "matmul") -> NotExported {
        NotExported(name: name, operation: operation, multiplications: number)
    }

    @Test func completeTracesGiveNoWarning() throws {
        #expect([NotExported]().warnings.isEmpty)
        #expect(try !HandMade.report([HandMade.first]).terminal().contains("not in the trace"))
    }

    @Test func theLargestComesFirstAndEqualOnesKeepTheirOrder() {
        #expect(
            [entry("b", 5), entry("up", 1_234_567, "Conv1d"), entry("a", 5)].warnings == [
                "1,234,577 multiplications of the model are not in the trace: up (Conv1d, 1,234,567), b (matmul, 5), "
                    + "a (matmul, 5)"
            ])
    }

    @Test func anUnknownNumberIsNoNumber() {
        #expect(
            [entry("a", nil)].warnings == [
                "an unknown number of multiplications of the model are not in the trace: a (matmul, an unknown number)"
            ])
        #expect(
            [entry("a", nil), entry("b", 0)].warnings == [
                "at least 0 multiplications of the model are not in the trace: b (matmul, 0), "
                    + "a (matmul, an unknown number)"
            ])
    }

    @Test func aLongListIsCut() {
        let text = (0..<20).map { (number: Int) in entry("part\(number)", number) }.warnings[0]
        #expect(text.hasPrefix("190 multiplications of the model are not in the trace: part19 (matmul, 19), part18"))
        #expect(text.hasSuffix("part8 (matmul, 8), and 8 more"))
    }

    /// Numbers whose sum overflows, and names with control characters.
    @Test func theTextIsSafe() {
        let text = [entry("a\u{1B}[2J", .max), entry("b", .max)].warnings[0]
        #expect(text.hasPrefix("9,223,372,036,854,775,807 multiplications"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test func theTerminalAndTheSummaryShowTheWarning() throws {
        let report = try HandMade.report([HandMade.first], notExported: [entry("up", 1234, "Conv1d")])
        let warning = "1,234 multiplications of the model are not in the trace: up (Conv1d, 1,234)"
        #expect(report.warnings.first == warning)
        #expect(report.terminal().contains("\nNotes:\n"))
        #expect(report.terminal().contains("\n  \(warning)\n"))
        #expect(String(decoding: report.summaryJSON(), as: UTF8.self).contains("\"\(warning)\""))
    }
}
