import TestSupport
import Testing

@testable import Reports

@Suite struct TextTableTests {
    @Test func columnsAlign() {
        var table = TextTable([("name", .left), ("n", .right)])
        table.add(["a", "1,000"])
        table.add(["", "2"])
        table.addTotal(["total", ""])
        #expect(
            table.text == """
                name       n
                ------------
                a      1,000
                           2
                ------------
                total

                """)
        #expect(table.width == 12 && table.width(ofColumn: 0) == 5)
    }

    @Test func headsHaveSeveralLines() {
        var table = TextTable([(head: ["multiply", "nJ"], alignment: .right), (head: ["of", ""], alignment: .left)])
        table.add(["2", "a"])
        #expect(table.lines == ["multiply  of", "      nJ", "------------", "       2  a"])
    }

    @Test func cellsAreShortenedFromTheFront() {
        var table = TextTable([("n", .left), ("x", .right)])
        for name in ["features.conv1", "fc", "12345"] { table.add([name, "0"]) }
        table.shorten(column: 0, to: 5)
        #expect(table.lines == ["n      x", "--------", "…onv1  0", "fc     0", "12345  0"])
    }

    @Test func decimalPointsAreAligned() {
        var table = TextTable([("layer", .left), ("uJ", .decimal)])
        for (name, text) in [("a", "0.0823"), ("b", "1,234"), ("c", "-"), ("d", ""), ("e", "6.98")] {
            table.add([name, text])
        }
        #expect(
            table.lines == [
                "layer          uJ", "-----------------", "a          0.0823", "b      1,234", "c          -", "d",
                "e          6.98",
            ])
    }

    /// A table of names, prose and numbers.
    private func wide() -> TextTable {
        var table = TextTable([
            (head: ["name", ""], alignment: .left), (head: ["cycles", ""], alignment: .right),
            (head: ["energy", "uJ"], alignment: .decimal), (head: ["what", ""], alignment: .left),
        ])
        table.add(["features.block_1.convolution", "1,234", "0.25", "a b c d e f g h i j k l m n o p"])
        table.addTotal(["total", "5", "12", ""])
        return table
    }

    @Test func proseIsBrokenBeforeNamesAreCut() {
        #expect(wide().lines(within: 79) == wide().lines)
        #expect(
            wide().lines(within: 72, prose: 3) == [
                "name                          cycles  energy  what",
                "                                          uJ",
                "-----------------------------------------------------------------------",
                "features.block_1.convolution   1,234    0.25  a b c d e f g h i j k l m",
                "                                              n o p",
                "-----------------------------------------------------------------------",
                "total                              5   12",
            ])
        #expect(
            wide().lines(within: 70) == [
                "name                   cycles  energy  what",
                "                                   uJ",
                "----------------------------------------------------------------------",
                "….block_1.convolution   1,234    0.25  a b c d e f g h i j k l m n o p",
                "----------------------------------------------------------------------",
                "total                       5   12",
            ])
    }

    /// If even short names do not fit, parts are set below each other: as few parts as possible, of nearly equal width.
    @Test func columnsThatDoNotFitAreSetBelow() {
        #expect(
            wide().lines(within: 50) == [
                "name               cycles  energy",
                "                               uJ",
                "---------------------------------",
                "…ck_1.convolution   1,234    0.25",
                "---------------------------------",
                "total                   5   12",
                "",
                "name               what",
                "--------------------------------------------------",
                "…ck_1.convolution  a b c d e f g h i j k l m n o p",
                "--------------------------------------------------",
                "total",
            ])
    }

    /// No line is too long, and no number is lost, at any width of the terminal.
    @Test func everyWidthIsKept() {
        var random = SeededGenerator(seed: 11)
        for round in 0..<300 {
            let count = random.number(2...12)
            let names = random.number(1...2)
            var table = TextTable(
                (0..<count).map { column in
                    (
                        head: ["h\(column)", column % 3 == 0 ? "" : "unit"],
                        alignment: column < names ? .left : column % 2 == 0 ? .decimal : .right
                    )
                })
            var numbers: [String] = []
            for row in 0..<4 {
                table.add(
                    (0..<count).map { column in
                        if column < names { return "n\(row)" + String(repeating: "x", count: random.number(0...30)) }
                        numbers.append("\(random.number(0...99_999)).\(random.number(0...99))")
                        return numbers[numbers.count - 1]
                    })
            }
            let width = random.number(44...160)
            let lines = table.lines(within: width, names: names)
            #expect(lines.allSatisfy { $0.count <= width }, "seed 11, round \(round), width \(width)")
            let words = Set(lines.flatMap { $0.split(separator: " ") }.map(String.init))
            #expect(numbers.allSatisfy(words.contains), "seed 11, round \(round), width \(width)")
        }
    }

    @Test(arguments: [
        (0, 3, "0"), (0.08234, 3, "0.0823"), (6.9849, 3, "6.98"), (9.996, 3, "10.0"), (35.37, 3, "35.4"),
        (101.23, 3, "101"), (999.6, 3, "1,000"), (1_234_567, 3, "1,234,567"), (-0.5, 3, "-0.500"),
        (101.23, 4, "101.2"), (1e-12, 3, "1.00e-12"), (0.0002345, 3, "0.000235"), (0.00004119, 3, "4.12e-5"),
    ])
    func realsKeepTheirSignificantDigits(_ value: Double, _ digits: Int, _ text: String) {
        #expect(NumberText.figures(value, digits: digits) == text)
    }

    /// The unit is the one in which the column is narrowest, and every value keeps its digits.
    @Test func scalesSuitAllValues() {
        #expect(Scale(.energy, [82_300, 101_230_000]).unit == "uJ")
        #expect(
            Scale(.energy, [2_984]).unit == "nJ" && Scale(.energy, [240, 2.548e9]).unit == "mJ"
                && Scale(.energy, [980]).unit == "pJ")
        #expect(Scale(.energy, [0.5, 3e12]).text(0.5).contains(/[1-9]\d*\D*\d/))
        #expect(Scale(.energy, [0, 0]).unit == "pJ" && Scale(.energy, []).unit == "pJ")
        for least in [1e-3, 1.0, 77, 4e5] {
            for ratio in [1.0, 30, 4e4, 1e9] {
                let scale = Scale(.energy, [0, least, least * ratio])
                for value in [least, least * ratio] {
                    let shown = Double(scale.text(value).replacing(",", with: "")) ?? 0
                    #expect(abs(shown * scale.factor / value - 1) < 5e-4, "\(value) \(scale.unit)")
                }
            }
        }
    }

    @Test func controlCharactersAreReplaced() {
        var table = TextTable([("x", .left)])
        table.add(["a\u{1B}[2J\nb"])
        #expect(table.text == "x\n-------\na\u{FFFD}[2J\u{FFFD}b\n")
    }

    @Test func tablesWithoutRowsAreTheirHead() {
        #expect(TextTable([("x", .left), ("yy", .right)]).text == "x  yy\n-----\n")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (.min, "-9,223,372,036,854,775,808"),
    ])
    func integersAreGroupedByThousands(_ value: Int, _ text: String) { #expect(NumberText.grouped(value) == text) }

    @Test(arguments: [(0, 1, "0.0"), (1234.56, 1, "1,234.6"), (-999.96, 1, "-1,000.0"), (1e6, 0, "1,000,000")])
    func realsAreGroupedByThousands(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(NumberText.grouped(value, decimals: decimals) == text)
    }
}
