import Reports
import Testing

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

    @Test func controlCharactersAreReplaced() {
        var table = TextTable([("x", .left)])
        table.add(["a\u{1B}[2J\nb"])
        #expect(table.text == "x\n-------\na\u{FFFD}[2J\u{FFFD}b\n")
    }

    @Test func aTableWithoutRowsIsItsHead() {
        #expect(TextTable([("x", .left), ("yy", .right)]).text == "x  yy\n-----\n")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (.min, "-9,223,372,036,854,775,808"),
    ])
    func thousands(_ value: Int, _ text: String) { #expect(NumberText.grouped(value) == text) }

    @Test(arguments: [(0, 1, "0.0"), (1234.56, 1, "1,234.6"), (-999.96, 1, "-1,000.0"), (1e6, 0, "1,000,000")])
    func thousandsOfReals(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(NumberText.grouped(value, decimals: decimals) == text)
    }
}
