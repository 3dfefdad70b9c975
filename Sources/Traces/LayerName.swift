import Files

extension Layer {
    /// The name of the row of all layers in reports, which no layer may have.
    static var totalName: String { "total" }

    /// The error in a layer's name, in words; nil where there is none.
    static func fault(ofName name: String) -> String? {
        var scalars = name.unicodeScalars[...]
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        scalars = scalars.drop { $0.properties.isWhitespace }
        guard String(scalars).lowercased() != totalName else {
            return "found the layer's name \(quoted(name)), which is that of the reports' row of all layers; expected "
                + "another one"
        }
        return NameCheck.fault(in: name, what: "a layer's name")
    }
}
