import Hardware

/// The figures of multipliers and adders for a number format: integers by their width, floating point by the significand's.
struct Arithmetic: Sendable {
    let book: FigureBook
    let format: NumberFormat

    /// The energy of a product of `a` by `b` bits.
    ///
    /// An array multiplier's area, and with it its energy, goes with the product of its widths, so it counts as a square one of
    /// sqrt(a * b) bits.
    func multiply(_ a: Int, _ b: Int) -> EnergyFigure {
        let (operation, width, words) = product(a, b)
        let figure = book.energy(operation, width: width)
        return EnergyFigure(energy: figure.energy, source: figure.source.preceded(by: words))
    }

    /// The area of a multiplier of `a` by `b` bits.
    func multiplier(_ a: Int, _ b: Int) -> AreaFigure {
        let (operation, width, words) = product(a, b)
        let figure = book.area(operation, width: width)
        return AreaFigure(area: figure.area, source: figure.source.preceded(by: words))
    }

    /// The energy of a sum of `width` bits.
    func add(_ width: Int) -> EnergyFigure {
        let (operation, significand, words) = sum(width)
        let figure = book.energy(operation, width: significand)
        return EnergyFigure(energy: figure.energy, source: figure.source.preceded(by: words))
    }

    /// The area of an adder of `width` bits.
    func adder(_ width: Int) -> AreaFigure {
        let (operation, significand, words) = sum(width)
        let figure = book.area(operation, width: significand)
        return AreaFigure(area: figure.area, source: figure.source.preceded(by: words))
    }

    private func product(_ a: Int, _ b: Int) -> (EnergyOperation, width: Double, words: String) {
        if let x = format.significand(width: a), let y = format.significand(width: b) {
            let width = (Double(x) * Double(y)).squareRoot()
            let words =
                a == b
                ? name(a) : "\(name(a)) by \(name(b)) taken as a significand of \(NumberForm.hundredths(width)) bit"
            return (.floatMultiply, width, words)
        }
        let width = (Double(a) * Double(b)).squareRoot()
        let words =
            a == b
            ? "\(a) bit" : "\(a) x \(b) bit taken as sqrt(\(a) * \(b)) = \(NumberForm.hundredths(width)) bit"
        return (.multiply, width, words)
    }

    private func sum(_ width: Int) -> (EnergyOperation, width: Double, words: String) {
        if let significand = format.significand(width: width) { return (.floatAdd, Double(significand), name(width)) }
        return (.add, Double(width), "\(width) bit")
    }

    private func name(_ width: Int) -> String { "\(format == .bfloat && width == 16 ? "bf" : "fp")\(width)" }
}
