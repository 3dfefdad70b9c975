import Files

/// The tables of networks that ship with the program: those in the folder `networks` of the shipped traces.
public struct NetworkLibrary: Sendable {
    private let folder: String?

    /// The networks beside these traces.
    public init(_ traces: TraceLibrary) { folder = traces.folder.map { "\($0)/networks" } }

    /// The names of the shipped networks: `resnet-50`.
    public var names: [String] {
        guard let folder else { return [] }
        return InputFile.names(in: folder).filter { $0.hasSuffix(".csv") }.map { String($0.dropLast(4)) }.filter {
            path(of: $0) != nil
        }.sorted()
    }

    /// The table of a shipped network; nil where none has the name.
    public func path(of name: String) -> String? {
        guard let folder, !name.isEmpty, !name.contains("/") else { return nil }
        let path = "\(folder)/\(name).csv"
        return InputFile.isFile(path) && InputFile.beginning(of: path, count: 1).hasPrefix("#") ? path : nil
    }
}
