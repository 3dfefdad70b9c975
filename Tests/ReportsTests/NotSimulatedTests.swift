import Reports
import Testing
import Traces

/// The warning about operations of the network that do not multiply.
@Suite struct NotSimulatedTests {
    private func operation(_ source: String, _ kind: StandaloneOperation.Kind, _ bytes: Int = 10) -> StandaloneOperation
    {
        StandaloneOperation(name: source, kind: kind, source: source, bytesRead: bytes, bytesWritten: 1000)
    }

    @Test func tracesWithoutOperationsGiveNoWarning() { #expect([StandaloneOperation]().warnings.isEmpty) }

    @Test func operationsAreCountedByKind() {
        #expect(
            [operation("add", .elementwise), operation("max_pool2d", .pool), operation("add", .elementwise)].warnings
                == [
                    "3 operations that do not multiply are not simulated: 1 pool (max_pool2d), 2 elementwise (add); they read 30 bytes "
                        + "and write 3,000"
                ])
        #expect(
            [operation("cat", .move)].warnings[0].hasPrefix(
                "1 operation that does not multiply is not simulated: 1 move (cat)"))
    }

    @Test func bytesOfAnotherBatchAreLeftOut() {
        let unknown = StandaloneOperation(name: "p", kind: .pool, source: "p", bytesRead: nil, bytesWritten: nil)
        #expect(
            [operation("p", .pool), unknown].warnings == [
                "2 operations that do not multiply are not simulated: 2 pool (p)"
            ])
    }

    /// Sums that overflow, names with control characters, and many of them.
    @Test func theTextIsSafe() {
        let text = [operation("a\u{1B}[2J", .move, .max), operation("b", .move, .max)].warnings[0]
        #expect(text.contains("they read 9,223,372,036,854,775,807 bytes"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
        let many = (0..<20).map { operation("kind\($0)", .pool) }.warnings[0]
        #expect(many.contains("20 pool (kind0, kind1, kind2, kind3, kind4, kind5, ...)"))
    }
}
