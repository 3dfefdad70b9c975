import Testing

@testable import winosim

@Suite struct TerminalTests {
    @Test func widthIsTheVariableTheWindowOrEighty() {
        #expect(Terminal.width(variable: "100", window: 120) == 100)
        #expect(Terminal.width(variable: nil, window: 120) == 120)
        #expect(Terminal.width(variable: "wide", window: 120) == 120)
        #expect(Terminal.width(variable: "0", window: 0) == 80)
        #expect(Terminal.width(variable: nil, window: nil) == 80)
        #expect(Terminal.width(variable: "10", window: nil) == 40)
    }

    @Test func progressShowsTheTimeLeft() {
        #expect(ProgressLine.line("0 of 4 layers", share: 0, seconds: 2.5) == "0 of 4 layers, 3 s")
        #expect(ProgressLine.line("3 of 4 layers", share: 0.25, seconds: 20) == "3 of 4 layers, 20 s, 1 min 0 s left")
        #expect(ProgressLine.duration(7260) == "2 h 1 min")
    }
}
